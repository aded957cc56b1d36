namespace Pentode.Names.Stores;

/// <summary>A table as it is exported: one line a row.</summary>
internal sealed record TransferTable(string Name, string Order, IReadOnlyList<TransferColumn> Columns)
{
    /// <summary>All tables, each after those it refers to. Not here: events, outcomes of requests and counts, which belong to one running store.</summary>
    public static IReadOnlyList<TransferTable> All { get; } =
    [
        Of("meta", "k", "k:t v:b"),
        Of(
            "inode",
            "ino",
            "ino:i pid:p mode:i uid:i gid:i nlink:i size:i stored:i rdev:i io:i state:i atime:i mtime:i ctime:i btime:i chg:i tagdir:i taggen:i tagseen:i qtree:i verf:i? latency:i retention:i link:b?"),
        Of("dirent", "parent, cookie", "parent:i name:b child:i cookie:i"),
        Of("tag", "tagid", "tagid:i dir:i name:b born:i valid:i mode:i uid:i gid:i mtime:i ctime:i val:b"),
        Of("level", "ino, lvl", "ino:i lvl:i mode:i uid:i gid:i size:i atime:i mtime:i ctime:i"),
        Of("chunk", "ino, lvl, idx", "ino:i lvl:i idx:i b:b"),
        Of("place", "ino, kind, uri", "ino:i kind:i uri:t prio:i state:i ctime:i"),
        Of("cksum", "ino, algo", "ino:i algo:t val:t"),
        Of("xattr", "ino, name", "ino:i name:b val:b"),
        Of("label", "label, ino", "ino:i label:t"),
        Of("pin", "id", "id:i ino:i ctime:i expires:i? request:t uid:i state:i"),
        Of("quota", "dir", "dir:i maxfiles:i maxbytes:i files:i bytes:i"),
        Of("trash", "seq", "seq:i ino:i parent:i name:b t:i uid:i"),
        Of("reclaim", "seq", "seq:i pid:p kind:i slot:i body:b t:i"),
        Of("word", "id", "id:i text:b"),
    ];

    public string SelectSql => $"SELECT {string.Join(", ", Columns.Select(c => c.Name))} FROM {Name} ORDER BY {Order}";

    public string InsertSql =>
        $"INSERT INTO {Name}({string.Join(", ", Columns.Select(c => c.Name))}) VALUES ({string.Join(", ", Columns.Select((_, i) => $"${i + 1}"))})";

    private static TransferTable Of(string name, string order, string columns) =>
        new(name, order, [.. columns.Split(' ').Select(c => new TransferColumn(c[..c.IndexOf(':')], c[c.IndexOf(':') + 1], c.EndsWith('?')))]);
}
