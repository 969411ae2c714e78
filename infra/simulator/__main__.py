"""`python -m infra.simulator` starts the simulated platform."""

from infra.simulator.cli import main

raise SystemExit(main())
