"""`python -m infra.local` runs the hospital on this machine."""

from infra.local.run import main

if __name__ == "__main__":
    main()
