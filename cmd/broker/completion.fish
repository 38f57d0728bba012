# fish completion for broker
function __broker_words
    set -l words (commandline -opc)
    set -l broker $words[1]
    set -e words[1]
    set -a words (commandline -ct | string collect --allow-empty)
    $broker completion words -- $words 2>/dev/null
end
complete -c broker -a '(__broker_words)'
