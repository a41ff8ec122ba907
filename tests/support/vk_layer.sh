#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs a command with a program of it under Vulkan's validation layer, synchronization included; any
# message fails it: vk_layer.sh PROGRAM COMMAND...
# Each PROGRAM in COMMAND is replaced by a script that runs it so. That the layer was there and
# checked what it should, its own message at the start of each run tells. WITHOUT_VK_LAYER=1 runs
# COMMAND as it is: sanitizers complain about the layer.
set -euo pipefail

program=$1
shift
[ -z "${WITHOUT_VK_LAYER:-}" ] || exec "$@"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

sync=VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION
cat >"$folder/program" <<END
#!/usr/bin/env bash
# Each run has a log of its own: the layer begins it anew.
set -u
own=\$(mktemp -d "$folder/run.XXXXXX")
cat >"\$own/vk_layer_settings.txt" <<SETTINGS
khronos_validation.debug_action = VK_DBG_LAYER_ACTION_LOG_MSG
khronos_validation.report_flags = error,warn,perf,info
khronos_validation.log_filename = \$own/log
khronos_validation.enables = ${sync}_EXT,VALIDATION_CHECK_ENABLE_SYNCHRONIZATION_VALIDATION_QUEUE_SUBMIT
SETTINGS
export VK_LAYER_SETTINGS_PATH=\$own VK_INSTANCE_LAYERS=VK_LAYER_KHRONOS_validation
exec "$program" "\$@"
END
chmod +x "$folder/program"

command=()
for word in "$@"; do
    [ "$word" = "$program" ] && word=$folder/program
    command+=("$word")
done
status=0
"${command[@]}" || status=$?

watched=0
wrong=0
for log in "$folder"/run.*/log; do
    [ -s "$log" ] || continue # no instance was made
    if grep -q "Current Enables: .*$sync.*QUEUE_SUBMIT" "$log"; then
        watched=$((watched + 1))
    fi
    if grep -q 'msgNum' "$log" && grep 'msgNum' "$log" | grep -v 'createinstance-status-message' >"$folder/messages"; then
        cut -c 1-2000 "$folder/messages" >&2
        wrong=1
    fi
done
echo "$watched runs under the validation layer"
if [ "$watched" = 0 ]; then
    echo "NOT OK: no run was watched; install vulkan-validationlayers (scripts/install-deps)" >&2
    exit 1
fi
if [ "$wrong" != 0 ]; then
    echo "NOT OK: the validation layer has something to say" >&2
    exit 1
fi
exit "$status"
