def test_smoke(tenant):
    d = tenant.definition()
    u = tenant.user()
    a = tenant.assignment(d, u)
    from datetime import date
    print(tenant.write([tenant.measurement(a, d, date(2026,3,1), "5")]))
