# shellcheck shell=bash
# The manual and the completions know what the tool knows.

commands_of_help() {
  "$SIMDR" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

test_manual_and_completions_name_every_command() {
  local command file
  [ "$(commands_of_help | wc -l)" -ge 18 ] || fail "the help lists too few commands"
  for command in $(commands_of_help); do
    for file in docs/man/simdr.1 completions/simdr.bash completions/_simdr completions/simdr.fish; do
      grep -qw -- "$command" "$SOURCE_ROOT/$file" || fail "$file does not name $command"
    done
  done
}

test_manual_and_completions_name_every_option() {
  local command option file
  for command in $(commands_of_help); do
    for option in $("$SIMDR" "$command" --help | grep -o -- '--[a-z-]*[a-z]' | sort -u); do
      for file in docs/man/simdr.1 completions/simdr.bash completions/_simdr completions/simdr.fish; do
        sed 's/\\-/-/g' "$SOURCE_ROOT/$file" | grep -q -e "$option\\b" -e "-l ${option#--}\\b" -e "Fl ${option#-}\\b" ||
          fail "$file does not name $option of $command"
      done
    done
  done
}

test_manual_is_well_formed() {
  command -v mandoc >/dev/null || skip "mandoc is not there"
  mandoc -T lint -W warning "$SOURCE_ROOT/docs/man/simdr.1" || fail "mandoc"
}

test_bash_completion() {
  command -v bash >/dev/null || skip "bash is not there"
  put store k v
  COMPLETION=$SOURCE_ROOT/completions/simdr.bash bash -uc '
    . "$COMPLETION"
    complete_words() { # sets COMPREPLY for a command line whose last word is being typed
      COMP_WORDS=("$@")
      COMP_CWORD=$(($# - 1))
      COMPREPLY=()
      _simdr
    }
    fails() { echo "$*: ${COMPREPLY[*]-}"; exit 1; }
    complete_words simdr store re; [ "${COMPREPLY[*]}" = "read rename repair" ] || fails commands
    complete_words simdr -q store ver; [ "${COMPREPLY[*]}" = "verify version" ] || fails "commands after an option"
    complete_words simdr store write --sy; [ "${COMPREPLY[*]}" = "--sync" ] || fails options
    complete_words simdr store write --sync c; [ "${COMPREPLY[*]}" = "commit" ] || fails levels
    complete_words simdr --lock; [ "${COMPREPLY[*]}" = "--lock-timeout" ] || fails "general options"
    complete_words simdr --lock-timeout 5 store inf; [ "${COMPREPLY[*]}" = "info" ] || fails "an option with a value"
  ' >out 2>err || fail "completion"
}
