"""The stock idle culler, 1.4 or 2.0: one pass, then it ends instead of waiting for the next."""

import jupyterhub_idle_culler as culler
from tornado.ioloop import IOLoop

whole_pass = culler.cull_idle


async def once(*args, **named):
    try:
        await whole_pass(*args, **named)
    finally:
        IOLoop.current().stop()


culler.cull_idle = once
culler.main()
