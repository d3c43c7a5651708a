# SPDX-License-Identifier: MIT
# Completion of mailwhy for bash. Commands and options are those that --help prints.

_mailwhy()
{
	local program=$1 cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local command=explain words='' files=''

	COMPREPLY=()
	# bash parts --stage=rcpt into three words.
	if [[ $cur == = ]]; then
		cur=''
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	if ((COMP_CWORD > 1)); then
		case ${COMP_WORDS[1]} in
		-*) ;;
		*) command=${COMP_WORDS[1]} ;;
		esac
	fi

	case $prev in
	--stage) words='dns connect tls ehlo auth mail rcpt data content queue local none' ;;
	--for) words='sender admin developer receiver' ;;
	--tls) words='none may must' ;;
	--map) words="list $("$program" codes --map list 2>/dev/null)" ;;
	--rules | --config | --lmtp | --spool | --mailboxes | --users | --certificate | --key | --scenario | --log | --transcript | --password-file) files=yes ;;
	--format) words='table json csv addresses' ;;
	--only | --fail-on)
		words='address-is-bad delayed bounce auto-reply complaint delivered none permanent temporary'
		words+=" $("$program" codes --categories --json 2>/dev/null |
			sed -n 's/.*"category":"\([^"]*\)".*/\1/p')"
		;;
	--provider | --jobs) ;;
	*)
		if [[ $cur == -* ]]; then
			words=$("$program" "$command" --help 2>/dev/null |
				sed -n 's/^  \(-[^ ]*\).*/\1/p')
		elif ((COMP_CWORD == 1)); then
			words=$("$program" --help 2>/dev/null |
				sed -n '/^commands:/,/^$/s/^  \([a-z][^ ]*\).*/\1/p')
		elif [[ $command == rules && $COMP_CWORD == 2 ]]; then
			words='check why list'
		elif [[ $command == config && $COMP_CWORD == 2 ]]; then
			words='check show hash'
		elif [[ $command == queue && $COMP_CWORD == 2 ]]; then
			words='list show retry hold release delete fail destinations flush run'
		elif [[ $command == config && ${COMP_WORDS[2]} != hash ]]; then
			files=yes
		elif [[ $command == bounce ]]; then
			files=yes
		fi
		;;
	esac

	if [[ $files ]]; then
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
	fi
}

complete -F _mailwhy mailwhy
