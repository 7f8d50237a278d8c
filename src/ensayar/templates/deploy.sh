#!/bin/bash
# $slug
#
# $made
# $usage

[ "$$(id -u)" -eq 0 ] || { echo $root_message >&2; exit 1; }
export LANG=C.UTF-8 LC_ALL=C.UTF-8 TZ=UTC PAGER=cat SYSTEMD_PAGER=
LOGIN=$login
SCRATCH=$$(mktemp -d) && chmod 711 "$$SCRATCH" || exit 1
STEP=
cd || exit 1

finish() {
    status=$$?
    for pid in "$$SCRATCH"/*.pid; do
        [ -e "$$pid" ] && kill -TERM -- "-$$(cat "$$pid")" 2>/dev/null
    done
    rm -rf "$$SCRATCH"
    exit "$$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

step() {
    STEP=$$1
    printf '\n== %s\n' "$$STEP"
}

fail() { # STATUS EXPECTED
    # shellcheck disable=SC2059
    printf $failed'\n' "$$STEP" "$$1" "$$2" >&2
    exit 1
}

write_file() { # PATH OWNER:GROUP MODE < CONTENT
    { (umask 077 && cat > "$$1") && chown -- "$$2" "$$1" && chmod -- "$$3" "$$1"; } || fail "$$?" 0
}

# root's terminal is this very shell
root_shell() { eval "$$1" < /dev/null 3>&-; }

# the login user's terminal: a login shell that lives as long as the script, fed through two pipes
user_shell() {
    if [ -z "$${TERMINAL_PID:-}" ]; then
        exec 3>&1
        coproc TERMINAL {
            # shellcheck disable=SC2016
            exec runuser -l "$$LOGIN" -s /bin/bash -c '
                exec 5<&0 4>&1 1>&3 3>&- </dev/null
                export LANG=C.UTF-8 LC_ALL=C.UTF-8 TZ=UTC PAGER=cat SYSTEMD_PAGER=
                while IFS= read -r -d "" command <&5; do
                    eval "$$command" 4>&- 5<&-
                    printf "%d\n" "$$?" >&4
                done'
        }
    fi
    printf '%s\0' "$$1" >&"$${TERMINAL[1]}" && IFS= read -r status <&"$${TERMINAL[0]}" || return 125
    return "$$status"
}

terminal() { # root_shell|user_shell < COMMAND
    local command status end output
    command=$$(cat)
    if [ -z "$${WAIT:-}" ]; then
        "$$1" "$$command"
        status=$$?
        [ "$$status" -eq "$${EXPECTED:-0}" ] || fail "$$status" "$${EXPECTED:-0}"
        return 0
    fi
    end=$$((SECONDS + $${WAIT%.*}))
    output=$$SCRATCH/output
    : > "$$output"
    chmod 666 "$$output"
    while :; do
        "$$1" "{ $$command
} > $$output 2>&1"
        status=$$?
        if [ "$$status" -eq "$${EXPECTED:-0}" ] && { [ -z "$$SEEN" ] || seen "$$SEEN" "$$output"; }; then
            cat "$$output"
            return 0
        fi
        if [ "$$SECONDS" -ge "$$end" ]; then
            cat "$$output"
            # shellcheck disable=SC2059
            printf $waited'\n' "$$STEP" "$$WAIT" >&2
            exit 1
        fi
        sleep 1
    done
}
as_root() { terminal root_shell; }
as_user() { terminal user_shell; }

seen() { # PATTERN FILE: whether the whole file is what the article shows
    { sed -e 's/[[:space:]]*$$//' "$$2" | sed -e :a -e '/^\n*$$/{$$d;N;ba' -e '}'; } | grep -qzP "\A$$1\z"
}

background() { # NAME root|user < COMMAND
    local command directory
    command=$$(cat)
    : > "$$SCRATCH/$$1.log"
    chmod 666 "$$SCRATCH/$$1.log"
    set -m
    if [ "$$2" = root ]; then
        (eval "$$command") > "$$SCRATCH/$$1.log" 2>&1 < /dev/null &
    else
        user_shell "pwd > $$SCRATCH/$$1.log"
        directory=$$(cat "$$SCRATCH/$$1.log")
        # --session-command: in this process group, so that Ctrl-C reaches it
        runuser -l "$$LOGIN" -s /bin/bash --session-command "cd $$(printf %q "$$directory") && $$command" \
            > "$$SCRATCH/$$1.log" 2>&1 < /dev/null &
    fi
    echo "$$!" > "$$SCRATCH/$$1.pid"
    set +m
}

output_of() { # NAME SECONDS PATTERN yes|no
    local end=$$((SECONDS + $${2%.*}))
    until seen "$$3" "$$SCRATCH/$$1.log"; do
        if [ "$$SECONDS" -ge "$$end" ]; then
            cat "$$SCRATCH/$$1.log"
            # shellcheck disable=SC2059
            printf $waited'\n' "$$STEP" "$$2" >&2
            exit 1
        fi
        sleep 1
    done
    cat "$$SCRATCH/$$1.log"
    if [ "$$4" = yes ]; then
        kill -INT -- "-$$(cat "$$SCRATCH/$$1.pid")"
        rm -f "$$SCRATCH/$$1.pid"
    fi
}

$steps
printf '\n%s\n' $done
