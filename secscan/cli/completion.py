"""`secscan completion`: print what completes commands in a shell."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from secscan.errors import UsageError

_BASH = r"""# bash completion for secscan
_secscan_complete() {
    local IFS=$'\n' line
    COMPREPLY=()
    while IFS=$'\t' read -r line _; do
        case $line in
            :files) compopt -o default 2>/dev/null ;;
            :folders) compopt -o dirnames 2>/dev/null ;;
            *) COMPREPLY+=("$line") ;;
        esac
    done < <("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    # Where a word ends with = more is still to come.
    [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
}
complete -F _secscan_complete secscan
"""

_ZSH = r"""#compdef secscan
_secscan() {
    local line value about files folders
    local -a found
    for line in "${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        case $line in
            '') ;;
            :files) files=1 ;;
            :folders) folders=1 ;;
            *)
                value=${line%%$'\t'*}
                about=${line#*$'\t'}
                found+=("${value//:/\\:}:$about") ;;
        esac
    done
    (( $#found )) && _describe -V secscan found
    [[ -n $files ]] && _files
    [[ -n $folders ]] && _files -/
    return 0
}
# As a file of fpath it is called at once; sourced, it is only made known.
if [[ $funcstack[1] == _secscan ]]; then _secscan "$@"; else compdef _secscan secscan; fi
"""

_FISH = r"""# fish completion for secscan
function __secscan_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path (commandline -ct)
            case ':folders'
                __fish_complete_directories (commandline -ct) ''
            case '*'
                echo $line
        end
    end
end
complete -c secscan -f -a '(__secscan_complete)'
"""

_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def completion(
    shell: Annotated[str, typer.Argument(metavar="bash|zsh|fish", help="Which shell.")],
) -> None:
    """Print what completes commands, options and their values in a shell."""
    if shell not in _SCRIPTS:
        raise UsageError(f"there is no completion for {shell!r}", hint="name bash, zsh or fish")
    sys.stdout.write(_SCRIPTS[shell])
