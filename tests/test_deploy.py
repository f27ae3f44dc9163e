"""The files of deploy/: well-formed, and about metrics that exist."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from collector import telemetry
from collector.config import SETTINGS
from collector.enrich.visitor import load_key
from collector.sites import read_sites

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"
RULES = DEPLOY / "prometheus" / "footpath.rules.yml"
DASHBOARD = json.loads((DEPLOY / "grafana" / "footpath.json").read_text())
MANIFEST = list(yaml.safe_load_all((DEPLOY / "kubernetes" / "footpath.yaml").read_text()))
KINDS = [each["kind"] for each in MANIFEST]

needs_promtool = pytest.mark.skipif(
    not shutil.which("promtool"), reason="promtool is missing; on Debian: apt-get install prometheus"
)


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def drawn() -> list[str]:
    """Every expression of the dashboard, with its variables filled in."""
    expressions = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    filled = {"$job": "footpath", "$instance": ".*", "$__rate_interval": "5m"}
    for name, value in filled.items():
        expressions = [each.replace(name, value) for each in expressions]
    assert not any("$" in each for each in expressions)
    return expressions


def exposed() -> set[str]:
    """The names in /metrics, with what Prometheus itself adds."""
    about = {"version": "0", "secret_key": "0"}
    text = telemetry.exposition({telemetry.REJECTED + "site": 1}, 0.0, "", about).decode()
    return {re.split(r"[ {]", line)[0] for line in text.splitlines() if not line.startswith("#")} | {"up"}


def named(expression: str) -> set[str]:
    """The metrics in an expression: what stands before a selector, a range or an operator."""
    bare = re.sub(r'"[^"]*"', "", expression)
    return set(re.findall(r"\bfootpath_\w+", bare)) | set(re.findall(r"\bup\b", bare))


def test_every_metric_in_rules_and_dashboard_exists() -> None:
    """A misspelt name is an alarm that never rings."""
    expressions = [rule["expr"] for rule in rules()] + drawn()
    used = {name for each in expressions for name in named(each)}
    assert used <= exposed()
    assert all(named(each) for each in expressions)


def test_every_metric_is_drawn() -> None:
    """But the sum of those set aside stands for itself."""
    assert exposed() - {name for each in drawn() for name in named(each)} == set()


def test_every_alarm_says_whom_it_calls_and_what_to_do() -> None:
    """With a severity, and a name of its own."""
    alarms = [rule for rule in rules() if "alert" in rule]
    assert len({rule["alert"] for rule in alarms}) == len(alarms) > 10
    assert {rule["labels"]["severity"] for rule in alarms} == {"page", "ticket"}
    assert all(len(rule["annotations"]["summary"]) > 30 for rule in alarms)


def watched() -> dict[str, str]:
    """The alarm by each reason of a refusal that one is for."""
    found = {}
    for rule in rules():
        for words in re.findall(r'footpath_rejected_total\{reason=~?"([^"]+)"\}', rule["expr"]):
            found |= dict.fromkeys(words.split("|"), rule["alert"])
    return found


def test_every_reason_has_an_alarm_unless_only_its_sender_is_concerned() -> None:
    """A misspelt reason is an alarm that never rings, too; docs/operating/errors.md has every word."""
    table = (DEPLOY.parent / "docs" / "operating" / "errors.md").read_text()
    known = set(re.findall(r"^\| (?:\d{3} \| )?`([a-z_]+)` \|", table, re.MULTILINE)) - {"rejected"}
    alone = {
        "unreadable", "too_large", "too_many", "route", "method", "version", "switched_off", "secret", "visitor",
        "database",
    }  # fmt: skip
    assert set(watched()) == known - alone
    assert alone <= known


@needs_promtool
@pytest.mark.parametrize(
    ("reason", "a_minute", "alarm"),
    [
        ("internal", 12, "FootpathAnswersFail"), ("internal", 3, ""),
        ("spool", 1, "FootpathRefusesForTheDisk"),
        ("site", 12, "FootpathRefusesPages"), ("quota", 12, "FootpathRefusesPages"), ("quota", 3, ""),
        ("kind", 90, "FootpathRefusesEvents"), ("stale", 90, "FootpathRefusesEvents"), ("stale", 30, ""),
        ("link", 1, "FootpathRefusesOutcomes"), ("outcome", 0, ""),
        ("rate", 90, "FootpathRefusesNetworks"), ("refusals", 90, "FootpathRefusesNetworks"),
        ("unread", 90, "FootpathRefusesNetworks"), ("unread", 30, ""),
    ],
)  # fmt: skip
def test_refusals_ring_the_alarm_that_is_for_them(tmp_path: Path, reason: str, a_minute: int, alarm: str) -> None:
    """After an hour and a half of so many a minute, as promtool evaluates the rules; no other alarm rings."""
    alarms = {rule["alert"]: rule for rule in rules() if "alert" in rule}
    asked = [{"eval_time": "90m", "alertname": name, "exp_alerts": []} for name in alarms if name != alarm]
    if alarm:
        by = {"reason": reason} if "reason)" in alarms[alarm]["expr"] else {}
        labels = {**alarms[alarm]["labels"], **by, "instance": "here"}
        told = alarms[alarm]["annotations"]["summary"]
        for name, value in {**by, "instance": "here"}.items():
            told = told.replace(f"{{{{ $labels.{name} }}}}", value)
        rings = {"exp_labels": labels, "exp_annotations": {"summary": told}}
        asked.append({"eval_time": "90m", "alertname": alarm, "exp_alerts": [rings]})
    series = f'footpath_rejected_total{{instance="here", job="footpath", reason="{reason}"}}'
    (tmp_path / "test.yml").write_text(yaml.safe_dump({
        "rule_files": [str(RULES)], "evaluation_interval": "1m",
        "tests": [{
            "interval": "1m", "input_series": [{"series": series, "values": f"0+{a_minute}x90"}],
            "alert_rule_test": asked,
        }],
    }))  # fmt: skip
    told = subprocess.run(
        ["promtool", "test", "rules", tmp_path / "test.yml"], capture_output=True, check=False, text=True
    )
    assert told.returncode == 0, told.stdout + told.stderr


@needs_promtool
def test_prometheus_takes_rules_configuration_and_the_dashboards_expressions(tmp_path: Path) -> None:
    """As promtool reads them."""
    asked = [{"record": f"drawn:{number}", "expr": each} for number, each in enumerate(drawn())]
    (tmp_path / "drawn.yml").write_text(yaml.safe_dump({"groups": [{"name": "drawn", "rules": asked}]}))
    for what, path in (
        ("rules", RULES), ("rules", tmp_path / "drawn.yml"), ("config", DEPLOY / "prometheus" / "prometheus.yml"),
    ):  # fmt: skip
        told = subprocess.run(["promtool", "check", what, path], capture_output=True, check=False, text=True)
        assert told.returncode == 0, told.stdout + told.stderr


def test_the_dashboard_is_one_that_grafana_can_lay_out() -> None:
    """Panels have ids of their own, stand beside each other, and take their data from the dashboard's variable."""
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
        assert panel["targets"]
        assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"])
    assert [each["name"] for each in DASHBOARD["templating"]["list"]] == ["datasource", "job", "instance"]


@pytest.mark.parametrize("document", MANIFEST, ids=KINDS)
def test_the_manifest_fits_the_schemas_of_kubernetes(document: dict[str, Any]) -> None:
    """Strictly: a misspelt field is no field."""
    kubernetes_validate.validate(document, "1.31", strict=True)


def test_the_manifests_settings_and_sites_are_ours(tmp_path: Path) -> None:
    """Settings exist, sites.yml is valid, and the placeholder is no key that anybody would run with."""
    by_kind = {each["kind"]: each for each in MANIFEST}
    (container,) = by_kind["StatefulSet"]["spec"]["template"]["spec"]["containers"]
    assert {each["name"] for each in container["env"]} <= {setting.name for setting in SETTINGS}
    (tmp_path / "sites.yml").write_text(by_kind["ConfigMap"]["data"]["sites.yml"])
    assert read_sites(tmp_path)
    (tmp_path / "secret.key").write_bytes(base64.b64decode(by_kind["Secret"]["data"]["secret.key"]))
    with pytest.raises(ValueError, match="instead of 32"):
        load_key(tmp_path)
