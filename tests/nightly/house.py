"""A folder with an inbox and a config, and its nights."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from analyser.cli import main

# Words that stand in no rule, no report and no path, so that finding one tells where it came from.
ODD = ("zibbelquast", "nerfelwock", "quockerjam", "plimmerdorn")
RUDE = (
    ("agent", "hello northgate energy"),
    ("customer", f"i've been without heating for three weeks my {ODD[0]} is freezing and i am so upset"),
    ("agent", f"calm down it's only a {ODD[1]} you should have read the email we sent you"),
    ("customer", f"that is so rude this {ODD[2]} is a disgrace"),
    ("agent", "that's not my department you'll have to ring the gas board"),
    ("customer", "unbelievable"),
    ("agent", "well there's nothing else i can do"),
)
KIND = (
    ("agent", "good morning thank you for calling northgate energy this is amira how can i help you today"),
    ("customer", f"hi my heating has gone off and i've got a newborn {ODD[3]} i'm really worried"),
    ("agent", "oh no that must be so worrying i'm sorry to hear that let me get someone out to you today"),
    ("customer", "oh thank you you've been wonderful"),
    ("agent", "you're so welcome is there anything else i can help you with"),
    ("customer", "no that's everything"),
    ("agent", "thank you for calling take care bye"),
)


@dataclass
class House:
    """A folder with an inbox and a config, and what its nights did."""

    folder: Path
    sections: str = ""
    path: str = "calls"
    inbox: str = ""  # further lines of [inbox] and [reports]
    reports: str = ""
    store: str = "calls.sqlite3"

    def write(self, name: str, *calls: tuple[tuple[str, str], ...], agent: str = "Amira", start: int = 0) -> None:
        lines = [
            {
                "id": f"{name}-{start + i}",
                "agent": agent,
                "turns": [{"role": r, "text": f"{t} {start + i}"} for r, t in c],
            }
            for i, c in enumerate(calls)
        ]
        (self.folder / "calls").mkdir(exist_ok=True)
        (self.folder / "calls" / f"{name}.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines))

    def spoil(self, name: str = "bad.json") -> None:
        (self.folder / "calls").mkdir(exist_ok=True)
        (self.folder / "calls" / name).write_text('{"turns": [{"role": "agent", "text": "' + " ".join(ODD))

    def spoil_in_many_ways(self) -> None:
        """Bad files of several kinds, with the odd words in every place where a reader may look."""
        odd = ",".join(ODD)
        self.spoil()
        for name, text in {
            "columns.csv": f"{odd}\n" + f"{odd}\n" * 5,
            "headless.csv": f'"{ODD[0]} is cold",12,"{ODD[1]}"\n' * 4,
            "speech.txt": " ".join(ODD * 30),
            "labels.txt": "".join(f"{word}: {word} and {word}\n" for word in ODD * 3),
            "cues.vtt": f"WEBVTT\n\n00:xx:{ODD[0]} --> 00:00:05.000\n{ODD[1]}\n",
            "list.json": json.dumps([[word] for word in ODD]),
            "keys.json": json.dumps({word: {word: word} for word in ODD}),
            "turns.json": json.dumps({"turns": [{"role": ODD[0], "text": {ODD[1]: ODD[2]}, "start": ODD[3]}]}),
            "lines.jsonl": "".join(json.dumps({"id": word, "turns": word}) + "\n" for word in ODD),
            "broken.jsonl": f'{{"id": "a", "turns": [{{"role": "agent", "text": "{ODD[0]}"}}\n{ODD[1]}\n',
            "page.html": f"<p>{odd}</p>",
        }.items():
            (self.folder / "calls" / name).write_text(text)

    def config(self) -> Path:
        path = self.folder / "analyser.toml"
        path.write_text(
            f'[inbox]\npaths = ["{self.path}"]\n{self.inbox}\n[store]\ndatabase = "{self.store}"\n'
            f'[reports]\nfolder = "reports"\n{self.reports}\n'
            f'[prometheus]\ntextfile = "analyser.prom"\n{self.sections}'
        )
        return path

    def night(self, *options: str) -> Night:
        result = CliRunner().invoke(main, ["nightly", "--config", str(self.config()), *options])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Night(result.exit_code, result.stdout, result.stderr)

    def nights(self) -> list[str]:
        folder = self.folder / "reports"
        return sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.is_symlink()) if folder.is_dir() else []

    def sheet(self, night: str) -> list[str]:
        with (self.folder / "reports" / night / "calls.csv").open(newline="") as file:
            return sorted(row["call_id"] for row in csv.DictReader(file))

    def figures(self) -> dict[str, float]:
        text = (self.folder / "analyser.prom").read_text()
        return {
            ".".join((s.name.removeprefix("analyser_nightly_"), *s.labels.values())): s.value
            for family in text_string_to_metric_families(text)
            for s in family.samples
        }


@dataclass
class Night:
    """How a night ended, and what it said."""

    code: int
    out: str
    err: str

    def lines(self, event: str | None = None) -> list[dict[str, Any]]:
        told = [json.loads(line) for line in self.err.splitlines()]
        return [x for x in told if event in {None, x["event"]}]

    def events(self) -> list[str]:
        return [line["event"] for line in self.lines()]
