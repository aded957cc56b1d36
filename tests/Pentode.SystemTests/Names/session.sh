# Usage: session.sh MOUNT30 MOUNT0: one directory of a namespace, exported with 30 and with 0. What the documents of pnfs say, by ordinary tools.
set -u
fail() { echo "FAILED: $*"; exit 1; }
is() { [ "$("${@:2}" 2>/dev/null)" = "$1" ] || fail "${*:2} does not say '$1' but '$("${@:2}" 2>&1)'"; }
refused() { out=$("$@" 2>&1) && fail "$* works"; case "$out" in *"Input/output error"*) ;; *) fail "$*: $out" ;; esac; }
cd "$1" || fail cd
touch run7 || fail touch
refused cat run7
refused dd if=run7 of=/dev/null
echo data > "$2/README" || fail write
is data cat "$2/README"
refused cat README
refused sh -c 'cat < README'
out=$(sh -c 'echo more >> README' 2>&1) && fail "append works"
touch '.(fset)(absent)(io)' 2>/dev/null && fail "the file has to exist before"
touch '.(fset)(README)(io)' || fail "touch .(fset)"
is data cat README
sh -c 'echo more >> README' || fail append
is "data
more" cat README
is "data
more" cat "$2/README"
refused cat run7
rm '.(fset)(README)(io)' || fail "rm .(fset)"
refused cat README
is "data
more" cat "$2/README"
touch '.(fset)(README)(io)' && rm README && echo new > "$2/README" || fail "again"
refused cat README
config="$2/../admin/etc/config"
echo steer > "$config/README" || fail "write behind the wormhole"
refused cat '.(config)/README'
refused cat '.(config)(README)'
(cd '.(config)' && touch '.(fset)(README)(io)') || fail "touch in the wormhole"
is steer cat '.(config)/README'
is steer cat '.(config)(README)'
(cd '.(config)' && rm '.(fset)(README)(io)') || fail "rm in the wormhole"
refused cat '.(config)/README'
is steer cat "$config/README"
[ -z "$(ls -A | grep '^\.(')" ] || fail "magic names are listed"
echo bfid > '.(use)(1)(run7)' && is bfid cat '.(use)(1)(run7)'
rm '.(use)(1)(run7)' && [ -e run7 ] || fail "levels"
echo raw > '.(tag)(sGroup)' && mkdir sub && is raw cat 'sub/.(tag)(sGroup)'
is '.(tag)(sGroup)' cat 'sub/.(tags)()'
rm 'sub/.(tag)(sGroup)' && is raw cat 'sub/.(tag)(sGroup)'
id=$(cat '.(id)(run7)'); [ ${#id} = 36 ] || fail "id $id"
is run7 cat ".(nameof)($id)"
is "$(cat '.(id)(.)')" cat "sub/.(parent)($id)"
touch '.(fset)(run7)(size)(5000000000)' || fail size
is 5000000000 stat -c %s run7
touch '.(tg)(x)' 2>/dev/null && fail "a slip makes a file"
[ "$(ls | tr '\n' ' ')" = "README run7 sub " ] || fail "$(ls)"
echo "session ok"
