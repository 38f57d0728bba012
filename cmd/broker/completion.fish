# fish completion for broker
function __broker_words
    set -l words (commandline -opc)
    set -l broker $words[1]
    set -e words[1]
    set -l current (commandline -ct)
    set -l found ($broker completion words -- $words "$current" 2>/dev/null)
    if set -q found[1]
        printf '%s\n' $found
    else
        __fish_complete_path "$current"
    end
end
complete -c broker -f -a '(__broker_words)'
