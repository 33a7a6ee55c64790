"""``minigrad completion SHELL``: a script that completes commands, networks, options and choices.

The words come from the commands' own parsers: each command is called as far as the place where it
would read its line, so that nothing is written down twice.
"""

from __future__ import annotations

import argparse
import contextlib
import shlex
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from minigrad.cli.main import COMMANDS
from minigrad.help_format import HelpFormatter
from minigrad.models import MODELS
from minigrad.train.defaults import DEFAULTS

__all__ = ["main"]

_HOW = """\
  bash   eval "$(minigrad completion bash)"          in ~/.bashrc
  zsh    eval "$(minigrad completion zsh)"           in ~/.zshrc, after compinit
  fish   minigrad completion fish | source           in ~/.config/fish/config.fish

Faster, since nothing runs when a shell starts: write the script once to
~/.local/share/bash-completion/completions/minigrad, to _minigrad in a folder of zsh's fpath, or to
~/.config/fish/completions/minigrad.fish."""

_OPTIONS_BY_MODEL = {"train": list(DEFAULTS), "summary": list(MODELS)}
_PLAIN = {"cost": list(MODELS), "models": list(MODELS)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a script; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="minigrad completion",
        description="A script that makes a shell complete minigrad's commands and options.",
        epilog=_HOW,
        formatter_class=HelpFormatter,
    )
    parser.add_argument("shell", choices=list(_SCRIPTS))
    print(_SCRIPTS[parser.parse_args(arguments).shell](_places()))
    return 0


@dataclass
class _Place:
    """What may stand after "minigrad COMMAND", or after "minigrad COMMAND MODEL".

    ``plain`` and ``flags`` map words to their help; ``values`` options to their choices; ``taking``
    are the options that take a value.
    """

    command: str
    model: str = ""
    plain: dict[str, str] = field(default_factory=dict)
    flags: dict[str, str] = field(default_factory=dict)
    values: dict[str, list[str]] = field(default_factory=dict)
    taking: set[str] = field(default_factory=set)


def _places() -> list[_Place]:
    places = []
    for command in COMMANDS:
        if command in _OPTIONS_BY_MODEL:
            titles = {name: MODELS[name].TITLE for name in _OPTIONS_BY_MODEL[command]}
            places += [_described(_Place(command, name), name, "--asked") for name in titles]
            places.append(_Place(command, plain=titles))
        else:
            places.append(_described(_Place(command)))
            for name in _PLAIN.get(command, ()):
                places[-1].plain[name] = MODELS[name].TITLE
    return places


def _described(place: _Place, *line: str) -> _Place:
    """Fill a place with what the command's parser accepts after a line."""
    for action in _parser_of(import_module(f"minigrad.cli.{place.command}").main, line)._actions:
        choices = [] if action.choices is None else [str(choice) for choice in action.choices]
        if not action.option_strings:
            if not place.model:
                place.plain |= dict.fromkeys(choices, "")
            continue
        told = textwrap.shorten((action.help or "").replace("%%", "%"), 70, placeholder=" ...")
        for flag in action.option_strings:
            place.flags[flag] = "" if told == argparse.SUPPRESS else told
            if choices:
                place.values[flag] = choices
            if action.nargs != 0:
                place.taking.add(flag)
    return place


class _Caught(BaseException):
    """Carries a parser out of the command that was about to use it."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self.parser = parser


@contextlib.contextmanager
def _catching() -> Iterator[None]:
    """Let every parser raise `_Caught` instead of reading a line."""
    names = ("parse_args", "parse_intermixed_args")
    kept = {name: getattr(argparse.ArgumentParser, name) for name in names}

    def caught(parser: argparse.ArgumentParser, *_: Any, **__: Any) -> Any:
        raise _Caught(parser)

    try:
        for name in names:
            setattr(argparse.ArgumentParser, name, caught)
        yield
    finally:
        for name, method in kept.items():
            setattr(argparse.ArgumentParser, name, method)


def _parser_of(command: Callable[..., int], line: Sequence[str]) -> argparse.ArgumentParser:
    with _catching():
        try:
            command(list(line))
        except _Caught as caught:
            return caught.parser
    raise RuntimeError(f"{command.__module__} reads no line")


def _cases(places: Sequence[_Place], body: Callable[[_Place], str]) -> str:
    """The branches of a ``case`` over "COMMAND SECOND-WORD", those with a model first."""
    branches = []
    for place in places:
        pattern = f"'{place.command} {place.model}'" if place.model else f"'{place.command} '*"
        branches.append(f"    {pattern})\n{body(place)} ;;")
    return "\n".join(branches)


def _words(words: Sequence[str]) -> str:
    return shlex.quote(" ".join(words))


def _bash(places: Sequence[_Place]) -> str:
    def body(place: _Place) -> str:
        values = "".join(
            f" {flag}) values={_words(choices)} ;;" for flag, choices in place.values.items()
        )
        chosen = f'\n        case "$before" in{values} esac' if values else ""
        plain, flags = _words(list(place.plain)), _words(list(place.flags))
        return f"        plain={plain} flags={flags}{chosen}"

    return f"""\
# Completion of minigrad for bash; made by: minigrad completion bash
_minigrad() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}"
    local plain='' flags='' values=''
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W {_words(list(COMMANDS))} -- "$word"))
        return
    fi
    case "${{COMP_WORDS[1]}} ${{COMP_WORDS[2]}}" in
{_cases(places, body)}
    esac
    if [ -n "$values" ]; then
        COMPREPLY=($(compgen -W "$values" -- "$word"))
    elif [ "${{word:0:1}}" = - ]; then
        COMPREPLY=($(compgen -W "$flags" -- "$word"))
    elif [ "$COMP_CWORD" -eq 2 ] || [ -z "$flags" ]; then
        COMPREPLY=($(compgen -W "$plain" -- "$word"))
    fi
}}
complete -o default -F _minigrad minigrad"""


def _zsh(places: Sequence[_Place]) -> str:
    def told(words: dict[str, str]) -> str:
        return " ".join(
            shlex.quote(word.replace(":", r"\:") + (f":{line}" if line else ""))
            for word, line in words.items()
        )

    def body(place: _Place) -> str:
        values = "".join(
            f" {flag}) values=({' '.join(map(shlex.quote, choices))}) ;;"
            for flag, choices in place.values.items()
        )
        chosen = f'\n        case "$before" in{values} esac' if values else ""
        return f"        plain=({told(place.plain)})\n        flags=({told(place.flags)}){chosen}"

    return f"""\
#compdef minigrad
# Completion of minigrad for zsh; made by: minigrad completion zsh
_minigrad() {{
    local before="${{words[CURRENT-1]}}"
    local -a plain flags values
    if (( CURRENT == 2 )); then
        plain=({told(COMMANDS)})
        _describe command plain
        return
    fi
    case "${{words[2]}} ${{words[3]}}" in
{_cases(places, body)}
    esac
    if (( $#values )); then
        compadd -- $values
    elif [[ "${{words[CURRENT]}}" == -* ]]; then
        _describe -o option flags
    elif (( CURRENT == 3 && $#plain )); then
        _describe word plain
        _files
    else
        _files
    fi
}}
if [ "$funcstack[1]" = _minigrad ]; then _minigrad "$@"; else compdef _minigrad minigrad; fi"""


def _fish(places: Sequence[_Place]) -> str:
    lines = [
        "# Completion of minigrad for fish; made by: minigrad completion fish",
        "function __minigrad_at; set -l w (commandline -opc); test (count $w) -eq 2; "
        'and test "$w[2]" = $argv[1]; end',
        "function __minigrad_in; set -l w (commandline -opc); test (count $w) -ge 2; "
        'and test "$w[2]" = $argv[1]; and begin; test (count $argv) -eq 1; '
        'or test "$w[3]" = "$argv[2]"; end; end',
    ]
    for command, line in COMMANDS.items():
        lines.append(f"complete -c minigrad -n __fish_use_subcommand -f -a {command}{_said(line)}")
    for place in places:
        at = f"-n '__minigrad_at {place.command}' -a"
        lines += [f"complete -c minigrad {at} {w}{_said(line)}" for w, line in place.plain.items()]
        inside = f"-n '__minigrad_in {f'{place.command} {place.model}'.strip()}'"
        for flag, line in place.flags.items():
            name = f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}"
            takes = " -r" if flag in place.taking else ""
            if flag in place.values:
                takes = f" -x -a {_words(place.values[flag])}"
            lines.append(f"complete -c minigrad {inside} {name}{takes}{_said(line)}")
    return "\n".join(lines)


def _said(line: str) -> str:
    return " -d '" + line.replace("\\", "\\\\").replace("'", "\\'") + "'" if line else ""


_SCRIPTS: dict[str, Callable[[Sequence[_Place]], str]] = {
    "bash": _bash,
    "zsh": _zsh,
    "fish": _fish,
}
