"""What agents do in the LiveChat stand-in, through the API and at their desks."""

from collections.abc import Callable

from tests.sandbox_livechat_desk import JANE, SAM, SECRET, Desk, Receiver, actions, message

pytest_plugins = ("tests.sandbox_livechat_desk",)


def test_an_agent_writes_only_in_chats_they_are_in(desk: Desk) -> None:
    _, chat_id, _ = desk.started()
    body = {"chat_id": chat_id, "event": message()}
    stranger = desk.call("agent", "send_event", desk.agent_token, body)
    joining = {"chat_id": chat_id, "user_id": SAM.id, "user_type": "agent"}

    public = desk.call("agent", "add_user_to_chat", desk.agent_token, joining | {"visibility": "all"})
    desk.call("agent", "add_user_to_chat", desk.agent_token, joining | {"visibility": "agents"})
    to_all = desk.refused(desk.agent_token, "send_event", body, "agent")
    note = {"chat_id": chat_id, "event": message(visibility="agents")}

    assert (
        stranger.status_code,
        stranger.json()["error"]["message"],
    ) == (403, "Requester is not user of the chat")
    assert public.json()["error"]["message"] == "Public agents in chat limit reached"
    assert to_all["type"] == "authorization"
    assert desk.call("agent", "send_event", desk.agent_token, note).status_code == 200


def test_reading_chats_needs_a_scope(desks: Callable[..., Desk]) -> None:
    desk = desks(scopes=("customers:own",), pat_scopes=("chats--all:ro",))
    _, chat_id, _ = desk.started()

    without = desk.refused(desk.agent_token, "get_chat", {"chat_id": chat_id}, "agent")
    by_pat = desk.call("agent", "get_chat", desk.pat(), {"chat_id": chat_id})

    assert without["type"] == "authorization"
    assert by_pat.status_code == 200


def test_threads_are_listed_newest_first_in_pages(desk: Desk) -> None:
    token, chat_id, first = desk.started()
    desk.as_customer(token, "deactivate_chat", id=chat_id)
    second = desk.as_customer(token, "resume_chat", chat={"id": chat_id})["thread_id"]

    page = desk.call("agent", "list_threads", desk.agent_token, {"chat_id": chat_id, "limit": 1}).json()
    rest = {"chat_id": chat_id, "page_id": page["next_page_id"]}

    assert [second] == [thread["id"] for thread in page["threads"]]
    assert page["found_threads"] == 2
    following = desk.call("agent", "list_threads", desk.agent_token, rest).json()
    assert [first] == [thread["id"] for thread in following["threads"]]
    assert second == following["threads"][0]["next_thread_id"]


def test_a_transfer_fails_with_nobody_free_unless_it_may_queue(desk: Desk, receiver: Receiver) -> None:
    _, chat_id, _ = desk.started()
    desk.stand_in.register(receiver.url, SECRET)
    body = {"id": chat_id, "target": {"type": "group", "ids": [7]}, "ignore_requester_presence": True}

    refused = desk.refused(desk.agent_token, "transfer_chat", body, "agent")
    desk.call("agent", "transfer_chat", desk.agent_token, body | {"ignore_agents_availability": True})

    assert desk.stand_in.wait_idle()
    assert refused["message"] == "Cannot assign any agent from requested groups"
    transferred = next(body["payload"] for body in receiver.got if body["action"] == "chat_transferred")
    assert (transferred["reason"], transferred["transferred_to"]) == ("manual", {"group_ids": [7]})
    assert {"position", "wait_time", "queued_at"} == set(transferred["queue"])


def test_a_chat_is_queued_while_everybody_is_busy_and_served_when_one_closes(desk: Desk, receiver: Receiver) -> None:
    desk.stand_in.register(receiver.url, SECRET)
    _, first, _ = desk.started()
    _, second, thread_id = desk.started()
    assert desk.stand_in.wait_idle()
    came = [body["payload"]["chat"] for body in receiver.got if body["action"] == "incoming_chat"]
    receiver.got.clear()

    desk.play("close", agent=JANE.id, chat_id=first)

    assert desk.stand_in.wait_idle()
    assert "queue" not in came[0]["thread"]
    assert JANE.id in [user["id"] for user in came[0]["users"]]
    assert came[1]["thread"]["queue"]["position"] == 1
    about_second = [body for body in receiver.got if body["payload"].get("chat_id") == second]
    assert [body["action"] for body in about_second] == ["chat_transferred", "user_added_to_chat"]
    added = about_second[1]["payload"]
    assert (thread_id, "agent", "all") == (added["thread_id"], added["user_type"], added["user"]["visibility"])


def test_with_manual_routing_an_agent_picks_the_chat(desks: Callable[..., Desk]) -> None:
    _, chat_id, _ = (desk := desks(routing="manual")).started()
    before = desk.play("reply", agent=JANE.id, chat_id=chat_id, text="hi")

    desk.play("accept", agent=JANE.id, chat_id=chat_id)

    assert before.status_code == 403
    assert desk.play("reply", agent=JANE.id, chat_id=chat_id, text="hi").status_code == 200


def test_when_an_agent_signs_out_the_chat_goes_to_another(desk: Desk, receiver: Receiver) -> None:
    _, chat_id, _ = desk.started()
    desk.stand_in.register(receiver.url, SECRET)

    desk.play("status", agent=JANE.id, status="offline")
    desk.play("status", agent=SAM.id, status="accepting_chats")

    assert desk.stand_in.wait_idle()
    about_chat = [body for body in receiver.got if body["payload"].get("chat_id") == chat_id]
    assert [body["action"] for body in about_chat] == [
        "user_removed_from_chat",
        "chat_transferred",
        "incoming_event",
        "chat_transferred",
        "user_added_to_chat",
    ]
    assert about_chat[0]["payload"]["reason"] == "signed_out"
    assert [about_chat[i]["payload"]["reason"] for i in (1, 3)] == ["unassigned", "assigned"]
    present = [user["id"] for user in desk.chat_state(chat_id)["users"] if user["present"] and user["type"] == "agent"]
    assert [SAM.id] == present


def test_closing_says_who_and_the_router_closes_without_a_name(desk: Desk, receiver: Receiver) -> None:
    desk.stand_in.register(receiver.url, SECRET)
    token, chat_id, _ = desk.started()
    desk.play("close", agent=JANE.id, chat_id=chat_id)
    desk.as_customer(token, "resume_chat", chat={"id": chat_id})

    desk.play("timeout", chat_id=chat_id)

    assert desk.stand_in.wait_idle()
    closed = [body["payload"] for body in receiver.got if body["action"] == "chat_deactivated"]
    said = [body["payload"]["event"] for body in receiver.got if body["action"] == "incoming_event"]
    assert [JANE.id, None] == [payload.get("user_id") for payload in closed]
    assert [event["system_message_type"] for event in said] == ["manual_archived_agent", "routing.archived_inactive"]
    assert said[0]["text"] == "Jane Doe archived the chat"
    assert all("author_id" not in event for event in said)


def test_a_second_agent_joins_and_leaves(desk: Desk, receiver: Receiver) -> None:
    _, chat_id, _ = desk.started()
    desk.stand_in.register(receiver.url, SECRET)

    desk.play("join", agent=SAM.id, chat_id=chat_id)
    desk.play("leave", agent=SAM.id, chat_id=chat_id)

    assert desk.stand_in.wait_idle()
    assert actions(receiver) == ["user_added_to_chat", "incoming_event", "user_removed_from_chat", "incoming_event"]
    kinds = [body["payload"]["event"]["system_message_type"] for body in receiver.got[1::2]]
    assert kinds == ["agent_joined", "agent_left"]


def test_livechats_own_bot_takes_a_chat_unless_bots_are_ignored(desks: Callable[..., Desk]) -> None:
    desk = desks(bot_name="Botty", welcome_message="Welcome!")
    _, taken, _ = desk.started()
    _, ignored, _ = desk.started(chat={"thread": {"properties": {"routing": {"ignore_bots": True}}}})

    agents = [desk.chat_state(chat_id)["users"][1]["id"] for chat_id in (taken, ignored)]

    assert desk.stand_in.licence.bot
    assert [desk.stand_in.licence.bot.id, JANE.id] == agents
    greeting = desk.chat_state(ignored)["threads"][0]["events"][0]
    assert (greeting["text"], greeting["properties"]) == ("Welcome!", {"lc2": {"welcome_message": True}})


def test_an_agent_may_join_after_the_chat_was_announced(desks: Callable[..., Desk], receiver: Receiver) -> None:
    desk = desks(agent_joins="after_chat", initial_event_webhooks=True)
    desk.stand_in.register(receiver.url, SECRET)

    desk.started(chat={"thread": {"events": [{"type": "system_message", "system_message_type": "note"}]}})

    assert desk.stand_in.wait_idle()
    assert actions(receiver) == ["incoming_chat", "user_added_to_chat"]  # our own event is filtered out
    assert [user["type"] for user in receiver.got[0]["payload"]["chat"]["users"]] == ["customer"]
    assert receiver.got[1]["payload"]["user"]["name"] == "Jane Doe"


def test_former_agents_stay_in_the_chat_as_not_present(desk: Desk, receiver: Receiver) -> None:
    token, chat_id, _ = desk.started()
    desk.play("close", agent=JANE.id, chat_id=chat_id)
    desk.stand_in.register(receiver.url, SECRET)
    desk.play("status", agent=JANE.id, status="offline")

    desk.as_customer(token, "resume_chat", chat={"id": chat_id})

    assert desk.stand_in.wait_idle()
    chat = next(body["payload"]["chat"] for body in receiver.got if body["action"] == "incoming_chat")
    assert [(user["id"], user["present"]) for user in chat["users"][1:]] == [(JANE.id, False)]
    assert JANE.id not in chat["thread"]["user_ids"]
