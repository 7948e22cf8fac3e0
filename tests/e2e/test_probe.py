import time
def test_probe(stack, superuser, found_company):
    t=time.time()
    admin=found_company("probe")
    print(admin.me(), time.time()-t)
    t=time.time()
    print(superuser.get("/companies"), time.time()-t)
    print(superuser.call("GET","/openapi.json").status_code)
    print(sorted(stack.refs))
