"""`python -m antiphon`."""

from antiphon.main import main

if __name__ == "__main__":
    main()
