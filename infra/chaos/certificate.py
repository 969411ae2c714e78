"""What `make chaos` prints: for each trial the counts, and whether nothing was lost and nothing doubled. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

HEAD = (
    "| trial | runs | deliveries | accepted at the provider | lost | doubled | again, as the class wants | held unknown"
    " (taken) | invariants |\n|---|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True)
class Trial:
    """One trial, or several runs of one with other dice. wrong: sentences; it holds when there are none."""

    name: str
    deliveries: int = 0
    accepted: int = 0
    lost: int = 0
    doubled: int = 0
    again: int = 0
    held: int = 0
    held_taken: int = 0
    wrong: tuple[str, ...] = ()
    runs: int = 1

    @property
    def holds(self) -> bool:
        """Tell whether nothing was lost, doubled or otherwise wrong."""
        return not (self.lost or self.doubled or self.wrong)


def joined(trials: Sequence[Trial]) -> list[Trial]:
    """Add up the runs of each name, in the order in which the names first came."""
    names = list(dict.fromkeys(trial.name for trial in trials))
    return [_sum(name, [trial for trial in trials if trial.name == name]) for name in names]


def _sum(name: str, trials: Sequence[Trial]) -> Trial:
    return Trial(
        name,
        sum(one.deliveries for one in trials),
        sum(one.accepted for one in trials),
        sum(one.lost for one in trials),
        sum(one.doubled for one in trials),
        sum(one.again for one in trials),
        sum(one.held for one in trials),
        sum(one.held_taken for one in trials),
        tuple(what for one in trials for what in one.wrong),
        sum(one.runs for one in trials),
    )


def row(trial: Trial) -> str:
    """Give a trial as a line of the table."""
    broken = "ok" if not trial.wrong else f"{len(trial.wrong)} wrong"
    return (
        f"| {trial.name} | {trial.runs} | {trial.deliveries:,} | {trial.accepted:,} | {trial.lost} | {trial.doubled} |"
        f" {trial.again} | {trial.held} ({trial.held_taken}) | {broken} |"
    )


def certificate(trials: Sequence[Trial], seconds: float) -> str:
    """Write the certificate as Markdown."""
    found = joined(trials)
    whole = _sum("all", found)
    lines = [HEAD, *(row(trial) for trial in found), row(whole), ""]
    verdict = "HOLDS" if whole.holds else "DOES NOT HOLD"
    lines.append(
        f"{verdict}: {whole.runs} runs, {whole.deliveries:,} deliveries, {whole.accepted:,} accepted at the provider,"
        f" lost {whole.lost}, doubled {whole.doubled}; sent again as their class wants {whole.again}; held unknown"
        f" {whole.held}, of which the provider has {whole.held_taken}; {seconds:.0f} s"
    )
    lines += [f"  {trial.name}: {what}" for trial in found for what in trial.wrong[:5]]
    return "\n".join(lines)
