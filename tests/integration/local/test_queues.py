import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.queues import waiting_messages
from local.running_stack import RunningStack


def results(stack: RunningStack) -> list:
    """What the sample's functions reported since the last look."""
    found = []
    while messages := stack.aws.sqs.receive_message(QueueUrl=stack.refs["Results"]).get("Messages"):
        found.append(json.loads(messages[0]["Body"]))
        stack.aws.sqs.delete_message(
            QueueUrl=stack.refs["Results"], ReceiptHandle=messages[0]["ReceiptHandle"]
        )
    return found


def send(stack: RunningStack, queue: str, bodies: list[str]) -> None:
    for start in range(0, len(bodies), 10):
        entries = [{"Id": str(i), "MessageBody": body} for i, body in enumerate(bodies[start : start + 10])]
        stack.aws.sqs.send_message_batch(QueueUrl=stack.refs[queue], Entries=entries)


def test_a_failed_message_comes_back_alone_and_then_goes_to_the_dead_letter_queue(
    stack: RunningStack,
) -> None:
    send(stack, "Work", ["good", "bad"])
    stack.wait_idle(20)
    assert results(stack) == [["good", "bad"], ["bad"]]
    assert waiting_messages(stack.refs["Work"], stack.aws) == 0
    assert waiting_messages(stack.refs["DeadWork"], stack.aws) == 1


def test_an_answer_that_names_an_unknown_message_keeps_the_whole_batch(stack: RunningStack) -> None:
    send(stack, "Work", ["good", "strange"])
    stack.wait_idle(20)
    assert results(stack) == [["good", "strange"], ["good", "strange"]]


def test_a_window_gathers_more_messages_than_one_receive_gives(stack: RunningStack) -> None:
    numbers = [str(number) for number in range(25)]
    send(stack, "Bulk", numbers)
    stack.wait_idle(20)
    batches = results(stack)
    assert sorted(map(len, batches)) == [5, 20]
    assert sorted(int(number) for batch in batches for number in batch) == list(range(25))


def test_a_notification_reaches_a_subscribed_function_in_the_shape_of_sns(stack: RunningStack) -> None:
    attributes = {"kind": {"DataType": "String", "StringValue": "alert"}}
    stack.aws.sns.publish(TopicArn=stack.refs["News"], Subject="s", Message="m", MessageAttributes=attributes)
    stack.wait_idle(20)
    (event,) = results(stack)
    (record,) = event["Records"]
    assert record["EventSource"] == "aws:sns"
    assert (record["Sns"]["TopicArn"], record["Sns"]["Subject"]) == (stack.refs["News"], "s")
    assert record["Sns"]["Message"] == "m"
    assert record["Sns"]["MessageAttributes"] == {"kind": {"Type": "String", "Value": "alert"}}


def test_waiting_for_a_function_that_works_on_ends_with_a_time_out(stack: RunningStack) -> None:
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(stack.invoke, "Single", {"sleep": 1})
        with pytest.raises(TimeoutError, match=r"After 0.5 s there is still work for Single\."):
            stack.wait_idle(0.5)
        working.result()
    stack.wait_idle(5)
