"""The command `fakelens`, as `python -m fakelens.edge_runtime`."""

from fakelens.edge_runtime.main import main

if __name__ == "__main__":
    main()
