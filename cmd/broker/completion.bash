# bash completion for broker
_broker() {
  local IFS=$'\n'
  COMPREPLY=($("$1" completion words -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _broker broker
