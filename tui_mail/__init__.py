"""tui-mail: a mail client for the terminal whose heart is S/MIME.

The house has six floors; a floor imports only floors below it, rooms on one floor do not know each other::

    5  ui                            shows      the only room that imports textual
    4  engine                        does       jobs, the socket, the key agent
    3  net | store | vault           touches    sockets, SQL, private keys and passwords at rest
    2  smime                         composes   MIME meets CMS meets trust; pure
    1  mime | cms | trust | sync     computes   pure: bytes and values in, values out
    0  model                         names      frozen values, enums, errors

``cli`` stands beside the house: one module a command, each may use every floor but ``ui``.
"""

__version__ = "0.1.0"
