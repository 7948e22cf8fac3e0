from hypothesis import given, settings, Phase, HealthCheck, seed
from hypothesis import strategies as st
from tests.histories.test_histories import Story, steps
import traceback
N=[0,0]
@seed(11)
@given(st.lists(steps, min_size=8, max_size=20))
@settings(max_examples=80, deadline=None, phases=[Phase.generate], database=None, suppress_health_check=list(HealthCheck))
def test_debug(context, history):
    s=Story(context)
    N[0]+=1
    try:
        for t in history:
            s.tell(t)
        s.check()
        N.append(len([x for x in s.naive.measured().values() if x['value'] is not None]))
    except Exception as e:
        N[1]+=1
        tb=traceback.extract_tb(e.__traceback__)
        print("FAIL",len(history),history, [f"{x.name}:{x.lineno}" for x in tb][-3:], str(e)[:600].replace("\n"," "), flush=True)
def test_count():
    print(N)
