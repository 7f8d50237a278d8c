#!/bin/bash
# $slug
#
# $made
# $usage
#
# What stands in quotes and in here-documents is the article's own:
# shellcheck disable=SC2016,SC1118

[ "$$(id -u)" -eq 0 ] || { echo $root_message >&2; exit 1; }
LOGIN=$login
SCRATCH=$$(mktemp -d) && chmod 711 "$$SCRATCH" || exit 1
STEP=
SETTINGS='export LANG=C.UTF-8 LC_ALL=C.UTF-8 TZ=UTC PAGER=cat SYSTEMD_PAGER='
declare -A IN=() OUT=() SU=() SHELLS=()

finish() {
    status=$$?
    close_all
    rm -rf "$$SCRATCH"
    exit "$$status"
}
trap finish EXIT
trap 'exit 130' INT TERM
trap : PIPE # a shell that is gone; caught, not ignored, because what the script starts would ignore it too

step() {
    STEP=$$1
    printf '\n== %s\n' "$$STEP"
}

fail() { # STATUS EXPECTED
    # shellcheck disable=SC2059
    printf $failed'\n' "$$STEP" "$$1" "$$2" >&2
    exit 1
}

in_vain() { # SECONDS LOG
    cat "$$2"
    # shellcheck disable=SC2059
    printf $waited'\n' "$$STEP" "$$1" >&2
    exit 1
}

write_file() { # PATH OWNER:GROUP MODE < CONTENT
    { (umask 077 && cat > "$$1") && chown -- "$$2" "$$1" && chmod -- "$$3" "$$1"; } || fail "$$?" 0
}

# becomes a login shell that leads a session of its own, as one in a terminal does
login_shell() { # USER PROGRAM
    if [ "$$1" = root ]; then
        export HOME=/root
        cd || exit 1
        exec setsid --wait /bin/bash --login -c "$$2"
    fi
    exec su --login --shell /bin/bash --command "$$2" "$$1"
}

# a terminal: a login shell that lives as long as the script, fed through two pipes
open_terminal() { # USER
    local fd in out shell
    mkfifo -m 600 "$$SCRATCH/$$1.in" "$$SCRATCH/$$1.out" || exit 1
    set -m # else the shell and what it runs would ignore Ctrl-C
    (
        for fd in "$${IN[@]}" "$${OUT[@]}"; do exec {fd}>&-; done
        login_shell "$$1" "$$SETTINGS"'
            echo "$$$$" >&4
            while IFS= read -r -d "" DEPLOY_COMMAND <&5; do
                eval "$$DEPLOY_COMMAND" 4>&- 5<&-
                printf "%d\n" "$$?" >&4
            done'
    ) 5< "$$SCRATCH/$$1.in" 4> "$$SCRATCH/$$1.out" < /dev/null &
    SU[$$1]=$$!
    set +m
    exec {in}> "$$SCRATCH/$$1.in" {out}< "$$SCRATCH/$$1.out"
    rm "$$SCRATCH/$$1.in" "$$SCRATCH/$$1.out"
    IN[$$1]=$$in OUT[$$1]=$$out
    IFS= read -r shell <&"$$out" && SHELLS[$$1]=$$shell
}

close_terminal() { # USER; returns what its shell exited with
    local in=$${IN[$$1]} out=$${OUT[$$1]} pid=$${SU[$$1]} shell=$${SHELLS[$$1]:-} tries=20
    exec {in}>&- {out}<&- # an idle shell ends by itself
    unset "IN[$$1]" "OUT[$$1]" "SU[$$1]" "SHELLS[$$1]"
    while [ "$$((tries -= 1))" -gt 0 ] && kill -0 "$$pid" 2> /dev/null; do sleep 0.05; done
    [ -z "$$shell" ] || kill -HUP -- "-$$shell" 2> /dev/null
    wait "$$pid"
}

# closes all terminals, as a restart does
close_all() {
    local user name
    for name in "$$SCRATCH"/*.pid; do
        [ -s "$$name" ] && kill -TERM -- "-$$(cat "$$name")" 2> /dev/null
        rm -f "$$name"
    done
    for user in "$${!SHELLS[@]}"; do close_terminal "$$user"; done
}

run_in() { # USER COMMAND
    local status
    if [ -n "$${SHELLS[$$1]:-}" ] || open_terminal "$$1"; then
        # by the shell itself: while it waits for a child that ends well, bash drops a Ctrl-C
        { printf '%s\0' "$$2" >&"$${IN[$$1]}"; } 2> /dev/null
        IFS= read -r status <&"$${OUT[$$1]}" && return "$$status"
    fi
    close_terminal "$$1"
}

terminal() { # USER < COMMAND
    local command status end output
    command=$$(cat)
    if [ -z "$${WAIT:-}" ]; then
        run_in "$$1" "$$command"
        status=$$?
        [ "$$status" -eq "$${EXPECTED:-0}" ] || fail "$$status" "$${EXPECTED:-0}"
        return 0
    fi
    end=$$((SECONDS + WAIT))
    output=$$SCRATCH/output
    : > "$$output"
    chmod 666 "$$output"
    while :; do
        run_in "$$1" "{ $$command
} > $$output 2>&1"
        status=$$?
        if [ "$$status" -eq "$${EXPECTED:-0}" ] && { [ -z "$$SEEN" ] || seen "$$SEEN" "$$output"; }; then
            cat "$$output"
            return 0
        fi
        [ "$$SECONDS" -lt "$$end" ] || in_vain "$$WAIT" "$$output"
        sleep 1
    done
}
as_root() { terminal root; }
as_user() { terminal "$$LOGIN"; }

seen() { # PATTERN FILE: whether the whole file is what the article shows
    # every line ends with a newline, no empty line at the end, and all of it is one record
    { { tr -d '\000' < "$$2"; echo; } | sed -e 's/[ \t\r\v\f]*$$//' | sed -e :a -e '/^\n*$$/{$$d;N;ba' -e '}'
        printf '\0'; } | LC_ALL=C.UTF-8 grep -qzP "\A$$1\z"
}

background() { # NAME USER < COMMAND
    local command directory log=$$SCRATCH/$$1.log
    command=$$(cat)
    : > "$$log"
    chmod 666 "$$log"
    run_in "$$2" "pwd > $$log" || fail "$$?" 0
    directory=$$(cat "$$log")
    set -m # else it would ignore Ctrl-C
    (
        login_shell "$$2" "echo \$$\$$ >&4; exec 4>&-; $$SETTINGS
cd $$(printf %q "$$directory") || exit
$$command"
    ) > "$$log" 2>&1 < /dev/null 4> "$$SCRATCH/$$1.pid" &
    echo "$$!" > "$$SCRATCH/$$1.su"
    set +m
    until [ -s "$$SCRATCH/$$1.pid" ] || ! kill -0 "$$!" 2> /dev/null; do sleep 0.1; done
}

output_of() { # NAME SECONDS PATTERN yes|no
    local end=$$((SECONDS + $$2)) log=$$SCRATCH/$$1.log
    until seen "$$3" "$$log"; do
        [ "$$SECONDS" -lt "$$end" ] || in_vain "$$2" "$$log"
        sleep 1
    done
    cat "$$log"
    if [ "$$4" = yes ]; then
        kill -INT -- "-$$(cat "$$SCRATCH/$$1.pid")" 2> /dev/null
        wait "$$(cat "$$SCRATCH/$$1.su")" 2> /dev/null
        rm -f "$$SCRATCH/$$1.pid"
    fi
}

