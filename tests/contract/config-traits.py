"""Prints, as JSON, the names of every setting (trait with config=True) of KubeSpawner and of JupyterHub's Spawner base.

Usage: config-traits.py FOLDER, where FOLDER holds the two packages' unpacked sources. Only parses; runs none of their code.
"""

import ast
import json
import pathlib
import sys


def is_config(call):
    """`Trait(..., config=True)` or `Trait(...).tag(config=True)`, however deep the chain."""
    while isinstance(call, ast.Call):
        for keyword in call.keywords:
            if keyword.arg == "config" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True:
                return True
        call = call.func.value if isinstance(call.func, ast.Attribute) else None
    return False


def traits_of(path, class_name):
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef) and node.name == class_name:
            return [
                statement.targets[0].id
                for statement in node.body
                if isinstance(statement, ast.Assign)
                and isinstance(statement.targets[0], ast.Name)
                and is_config(statement.value)
            ]
    raise SystemExit(f"{path} has no class {class_name}")


folder = pathlib.Path(sys.argv[1])
print(
    json.dumps(
        {
            "KubeSpawner": traits_of(folder / "kubespawner/spawner.py", "KubeSpawner"),
            "Spawner": traits_of(folder / "jupyterhub/spawner.py", "Spawner"),
        }
    )
)
