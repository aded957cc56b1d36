using System.Buffers.Text;
using System.Text;
using Pentode.Core;
using Pentode.Linux;

namespace Pentode.Fuse;

/// <summary>
/// Who the processes are that use a mount: the user and group of the request with the supplementary groups of /proc/PID/status, which the
/// protocol leaves out. What was read is believed for a short while. Lives on one loop.
/// </summary>
internal sealed class FuseCallers(bool readGroups, long lifetimeMs)
{
    private const int MaxRemembered = 4096;
    private const int MaxStatusBytes = 1 << 20;

    private readonly Dictionary<(uint Pid, uint Uid, uint Gid), (Credentials Who, long Until)> _known = [];

    /// <summary>The credentials of a request; a process that cannot be looked at (gone, of another pid namespace) has no further groups.</summary>
    public Credentials Find(uint pid, uint uid, uint gid, long nowMs)
    {
        // Root needs no groups.
        if (!readGroups || uid == 0)
            pid = 0;
        if (_known.TryGetValue((pid, uid, gid), out var known) && (pid == 0 || known.Until > nowMs))
            return known.Who;
        if (_known.Count >= MaxRemembered)
            _known.Clear();
        var who = new Credentials(uid, gid, pid == 0 ? [] : ReadGroups(pid));
        _known[(pid, uid, gid)] = (who, nowMs + lifetimeMs);
        return who;
    }

    /// <summary>The line "Groups:" of a status file.</summary>
    internal static uint[] ParseGroups(ReadOnlySpan<byte> status)
    {
        var at = status.IndexOf("\nGroups:"u8);
        if (at < 0)
            return [];
        var line = status[(at + 8)..];
        if (line.IndexOf((byte)'\n') is >= 0 and var end)
            line = line[..end];
        var groups = new List<uint>();
        while (!line.IsEmpty)
        {
            if (Utf8Parser.TryParse(line, out uint group, out var used))
                groups.Add(group);
            line = line[Math.Max(used, 1)..];
        }

        return [.. groups];
    }

    private static uint[] ReadGroups(uint pid)
    {
        var file = FileCalls.Open(Encoding.ASCII.GetBytes($"/proc/{pid}/status\0"), FileCalls.O_RDONLY);
        if (file < 0)
            return [];
        var buffer = new byte[4096];
        var length = 0;
        while (FileCalls.Read(file, buffer.AsSpan(length)) is > 0 and var n)
        {
            length += n;
            if (length < buffer.Length)
                continue;
            if (length >= MaxStatusBytes)
                break;
            Array.Resize(ref buffer, length * 2);
        }

        _ = FileCalls.Close(file);
        return ParseGroups(buffer.AsSpan(0, length));
    }
}
