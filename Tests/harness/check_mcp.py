"""The official MCP client against `executorctl mcp`, in the revisions with a handshake and in the newest without."""

from station import HOST, REPOSITORY, Check, has_verb


def run(station):
    if not has_verb(station, "mcp"):
        yield Check("mcp: executorctl mcp", "unavailable", "this executorctl has no verb 'mcp'")
        return
    probe = REPOSITORY / "Tests/harness/mcp_probe.py"
    for mode in ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "legacy", "2026-07-28", "auto"):
        done = station.run([HOST / "python", probe, mode, station.programs / "executorctl"], timeout=60)
        yield Check.of(f"mcp: official client, {mode}", done.returncode == 0, done.stdout)
