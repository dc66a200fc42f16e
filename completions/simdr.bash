# bash completion of simdr(1)                                                                    -*- shell-script -*-

_simdr() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local general='--lock-timeout --generation --quiet --help --version'
  local commands='read write copy move rename delete exists metadata ls info stats import compact index verify backup
    repair upgrade version'
  COMPREPLY=()

  # The value of an option.
  case $previous in
    --sync)
      mapfile -t COMPREPLY < <(compgen -W 'none commit strict' -- "$current")
      return
      ;;
    --generation)
      mapfile -t COMPREPLY < <(compgen -W 'aligned-64 aligned-16 packed-20 packed-19' -- "$current")
      return
      ;;
    --lock-timeout | --buffer-size | -b | --offset | --length | --namespace) return ;;
  esac

  # FILE is the first word that is no option, COMMAND the second; `at` ends as the number of words before the current one.
  local index word at=0 command=''
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=${COMP_WORDS[index]}
    case $word in
      --lock-timeout | --generation | --sync | --buffer-size | -b | --offset | --length | --namespace) ((index++)) ;;
      -?*) ;;
      *)
        ((++at == 2)) && command=$word
        ;;
    esac
  done

  if [[ $current == -* ]]; then
    local options=$general
    case $command in
      read) options+=' --hash --buffer-size --offset --length --no-verify' ;;
      write | copy | move | rename | delete) options+=' --hash --sync' ;;
      exists) options+=' --hash' ;;
      metadata) options+=' --hash --json' ;;
      ls) options+=' --json --all-versions' ;;
      info) options+=' --json --detailed' ;;
      stats | verify | repair | version) options+=' --json' ;;
      import) options+=' --namespace --sync' ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
    return
  fi

  case $at:$command in
    0:*) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    1:*) mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$current") ;;
    3:copy | 3:move | 2:backup | 2:repair | 2:upgrade) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    2:import) mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
  esac
}

complete -o filenames -F _simdr simdr
