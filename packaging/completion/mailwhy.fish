# SPDX-License-Identifier: MIT
# Completion of mailwhy for fish. Commands and options are those that --help prints.

# The command on the line; without one the arguments are replies to explain.
function __mailwhy_command
    set -l words (commandline -opc)
    if set -q words[2]; and contains -- $words[2] $__mailwhy_commands
        echo $words[2]
    else
        echo explain
    end
end

function __mailwhy_is
    test (__mailwhy_command) = $argv[1]
end

function __mailwhy_word_is
    test (count (commandline -opc)) -eq $argv[1]
end

function __mailwhy_setup
    set -l commands (mailwhy --help 2>/dev/null |
        string replace -rf '^  ([a-z]\S*) +(.*)' '$1\t$2')

    set -g __mailwhy_commands
    complete -c mailwhy -f
    for line in $commands
        set -l command (string split -- \t $line)
        set -ga __mailwhy_commands $command[1]
        complete -c mailwhy -n '__mailwhy_word_is 1' -a $command[1] -d $command[2]

        for option in (mailwhy $command[1] --help 2>/dev/null |
                string replace -rf '^  (-\S+)(?: ([A-Z]+))? +(.*)' '$1\t$2\t$3')
            set -l part (string split -- \t $option)
            set -l more -d $part[3]
            switch $part[1]
                case --stage
                    set more $more -x -a 'dns connect tls ehlo auth mail rcpt data content queue local none'
                case --for
                    set more $more -x -a 'sender admin developer receiver'
                case --format
                    set more $more -x -a 'table json csv addresses'
                case --only --fail-on
                    set more $more -x -a 'address-is-bad delayed bounce auto-reply complaint delivered none permanent temporary'
                case --tls
                    set more $more -x -a 'none may must'
                case --map
                    set more $more -x -a 'list (mailwhy codes --map list)'
                case '*'
                    if test "$part[2]" = FILE
                        set more $more -r -F
                    else if test -n "$part[2]"
                        set more $more -x
                    end
            end
            if string match -q -- '--*' $part[1]
                set more $more -l (string sub -s 3 -- $part[1])
            else
                set more $more -s (string sub -s 2 -- $part[1])
            end
            complete -c mailwhy -n "__mailwhy_is $command[1]" $more
        end
    end
    complete -c mailwhy -n '__mailwhy_is rules; and __mailwhy_word_is 2' \
        -a 'check\t"judge the examples of every rule" why\t"which rules hold for a reply" list\t"print every rule"'
    complete -c mailwhy -n '__mailwhy_is config; and __mailwhy_word_is 2' \
        -a 'check\t"tell what is wrong with the settings" show\t"print all settings" hash\t"hash a password"'
    complete -c mailwhy -n '__mailwhy_is queue; and __mailwhy_word_is 2' \
        -a 'list\t"what waits" show\t"the whole story of a message" retry\t"try it now" hold\t"keep it until it is released" release\t"try what was held" delete\t"drop it" fail\t"give it up and tell its sender" destinations\t"how much each takes, and why" flush\t"end the pauses of a destination" run\t"deliver what is due, then exit"'
    complete -c mailwhy -n '__mailwhy_is config; and __mailwhy_word_is 3' -F
end

if command -q mailwhy
    __mailwhy_setup
end
