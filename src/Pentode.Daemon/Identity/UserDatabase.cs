using Pentode.Core;

namespace Pentode.Daemon.Identity;

/// <summary>
/// Users and groups of this host, read from passwd(5) and group(5) and kept for <see cref="KeepFor"/>. Thread safe. A file that cannot be
/// read counts as empty: an unknown name then has no credentials.
/// </summary>
public sealed class UserDatabase
{
    private readonly string _passwd;
    private readonly string _group;
    private readonly TimeProvider _time;
    private volatile Tables? _tables;

    /// <summary>Reads the given files; the defaults are the host's.</summary>
    public UserDatabase(string passwd = "/etc/passwd", string group = "/etc/group", TimeProvider? time = null)
    {
        _passwd = passwd;
        _group = group;
        _time = time ?? TimeProvider.System;
    }

    /// <summary>How long what was read is used before the files are read again.</summary>
    public static TimeSpan KeepFor { get; } = TimeSpan.FromSeconds(60);

    /// <summary>Credentials of a named user with all supplementary groups, or null when there is no such user.</summary>
    public Credentials? FindByName(string name) => Current().ByName.GetValueOrDefault(name);

    /// <summary>Credentials of a user id; an id without a user gets the group of the same number and nothing else.</summary>
    public Credentials FindByUid(uint uid) => Current().ByUid.TryGetValue(uid, out var known) ? known : new Credentials(uid, uid);

    private Tables Current()
    {
        var tables = _tables;
        if (tables is null || _time.GetElapsedTime(tables.ReadAt) > KeepFor)
            _tables = tables = Parse(ReadLines(_passwd), ReadLines(_group), _time.GetTimestamp());
        return tables;
    }

    private static string[] ReadLines(string path)
    {
        try
        {
            return System.IO.File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static Tables Parse(string[] passwd, string[] group, long now)
    {
        var groups = new Dictionary<string, List<uint>>(StringComparer.Ordinal);
        foreach (var line in group)
        {
            // name:password:gid:member,member
            if (line.Split(':') is not [_, _, var gidText, var members, ..] || !uint.TryParse(gidText, out var gid))
                continue;
            foreach (var member in members.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                if (!groups.TryGetValue(member, out var list))
                    groups[member] = list = [];
                list.Add(gid);
            }
        }

        var byName = new Dictionary<string, Credentials>(StringComparer.Ordinal);
        var byUid = new Dictionary<uint, Credentials>();
        foreach (var line in passwd)
        {
            // name:password:uid:gid:comment:home:shell
            if (line.Split(':') is not [{ Length: > 0 } name, _, var uidText, var gidText, ..]
                || !uint.TryParse(uidText, out var uid) || !uint.TryParse(gidText, out var gid))
                continue;
            uint[] extra = groups.TryGetValue(name, out var list) ? [.. list.Where(g => g != gid).Distinct().Order()] : [];
            var credentials = new Credentials(uid, gid, extra);

            // The first line of a name or number wins, as in getpwnam(3).
            byName.TryAdd(name, credentials);
            byUid.TryAdd(uid, credentials);
        }

        return new Tables(byName, byUid, now);
    }

    private sealed record Tables(Dictionary<string, Credentials> ByName, Dictionary<uint, Credentials> ByUid, long ReadAt);
}
