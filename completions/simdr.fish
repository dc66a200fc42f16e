# fish completion of simdr(1)

# True when FILE was typed and COMMAND comes next. Options with values are few; their values may be taken for FILE.
function __simdr_needs_command
    set -l words (commandline -opc | string match -v -- '-*')
    test (count $words) -eq 2
end

function __simdr_command
    set -l words (commandline -opc | string match -v -- '-*')
    test (count $words) -ge 3; and contains -- $words[3] $argv
end

complete -c simdr -l lock-timeout -x -d 'How long to wait for another writer, milliseconds'
complete -c simdr -l generation -x -a 'aligned-64 aligned-16 packed-20 packed-19' -d 'Read FILE as this format'
complete -c simdr -s q -l quiet -d 'Only errors and warnings on standard error'
complete -c simdr -s h -l help -d 'Show the help'
complete -c simdr -l version -d 'Show the version'

for command in 'read:Write the value of a key to standard output' \
        'write:Store a value, or what standard input yields' \
        'copy:Copy a value to another store' \
        'move:Move a value to another store' \
        'rename:Give a value another key' \
        'delete:Delete keys' \
        'exists:Tell by the exit code whether a key is there' \
        'metadata:Show what the file says of a value' \
        'ls:List the entries, newest first' \
        'info:Show the state of the store' \
        'stats:Show the counters of the store' \
        'import:Store every file of a directory tree' \
        'compact:Rewrite the file without what is dead' \
        'index:Keep the index in FILE.index' \
        'verify:Check every checksum and link' \
        'backup:Copy the store as it is now' \
        'repair:Write all that is intact to a new store' \
        'upgrade:Rewrite a store of an older format' \
        'version:Show the versions and the kernels in use'
    set -l parts (string split -m 1 : -- $command)
    complete -c simdr -n __simdr_needs_command -f -a $parts[1] -d $parts[2]
end

complete -c simdr -n '__simdr_command read write copy move rename delete exists metadata' -l hash \
    -d 'Keys are given as the 16 digits of their hash'
complete -c simdr -n '__simdr_command write copy move rename delete import' -l sync -x -a 'none commit strict' \
    -d 'How far the write is on its way to the disk'
complete -c simdr -n '__simdr_command metadata ls info stats verify repair version' -l json -d 'Print JSON'
complete -c simdr -n '__simdr_command read' -s b -l buffer-size -x -d 'Write in pieces of this size'
complete -c simdr -n '__simdr_command read' -l offset -x -d 'Leave out this much of the value\'s start'
complete -c simdr -n '__simdr_command read' -l length -x -d 'Write no more than this much'
complete -c simdr -n '__simdr_command read' -l no-verify -d 'Write the value even if it is damaged'
complete -c simdr -n '__simdr_command ls' -l all-versions -d 'List replaced and deleted values too'
complete -c simdr -n '__simdr_command info' -l detailed -d 'Accepted for compatibility'
complete -c simdr -n '__simdr_command import' -l namespace -x -d 'Store under namespaced keys'
complete -c simdr -n '__simdr_command import' -x -a '(__fish_complete_directories)'
