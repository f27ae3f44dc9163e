"""Put the contract, the built script and the demo shop into the wheel; an editable install reads the checkout."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHIPPED = {"schema": "collector/_schema", "sdk_js/dist": "collector/_sdk", "demo": "collector/_demo"}


class ShipResources(BuildHookInterface[Any]):
    """Map each shipped folder to its place inside the package."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        build_data["force_include"].update({str(root / folder): target for folder, target in SHIPPED.items()})
