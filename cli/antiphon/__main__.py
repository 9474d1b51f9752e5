"""The program `antiphon`, also as `python -m antiphon`."""

import signal

# Ctrl+C while the modules are loaded ends the program as it ends any other, without a traceback.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from antiphon.main import main

if __name__ == "__main__":
    main()
