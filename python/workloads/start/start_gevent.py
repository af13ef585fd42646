"""A new hub with its own loop, and one greenlet. Imports only what gevent needs."""

import gevent


def start_and_stop() -> bool:
    ran = False
    parent = gevent.getcurrent()

    def task() -> None:
        nonlocal ran
        ran = gevent.getcurrent() is not parent

    gevent.spawn(task).get()
    hub = gevent.get_hub()
    hub.join()  # a hub that is destroyed in the middle of its loop leaves its frames behind
    hub.destroy(destroy_loop=True)
    return ran
