using System.Text;
using Pentode.Core;
using Pentode.Names.Catalog;

namespace Pentode.Names.Tree;

/// <summary>What a new namespace holds, and ways to walk one: <c>/usr</c> for users, <c>/admin/etc/exports</c> and <c>/admin/etc/config</c> (the wormhole).</summary>
public static class NamesLayout
{
    /// <summary>Where export files are.</summary>
    public const string Exports = "/admin/etc/exports";

    /// <summary>Where the wormhole leads.</summary>
    public const string Wormhole = "/admin/etc/config";

    /// <summary>Where users' directories go.</summary>
    public const string Users = "/usr";

    private const string Done = "layout";
    private const uint OpenDirectory = 0x4000 | 0x1ED;
    private const uint ClosedDirectory = 0x4000 | 0x1C0;
    private const uint PlainFile = 0x8000 | 0x1A4;

    private const string LoopbackExports = """
        # MOUNT POINT  DIRECTORY          I/O  OPTIONS      (30: only files enabled for I/O can be read and written; 0: all)
        /pnfs          /0/root/fs/usr     30   nooptions
        /fs            /0/root/fs         0    nooptions
        /admin         /0/root/fs/admin   0    nooptions

        """;

    /// <summary>Fills a namespace that was never filled: directories, and export files that let this machine alone mount.</summary>
    public static async Task<Errno> Prepare(ICatalogStore store)
    {
        var done = await store.GetMeta(Done).ConfigureAwait(false);
        if (!done.IsOk || done.Value is not null)
            return done.Error;
        (string Path, uint Mode)[] directories =
        [
            (Users, OpenDirectory), ("/admin", OpenDirectory), ("/admin/etc", OpenDirectory), (Wormhole, OpenDirectory), (Exports, ClosedDirectory),
            (Exports + "/trusted", ClosedDirectory),
        ];
        foreach (var (path, mode) in directories)
        {
            var made = await Make(store, path, mode).ConfigureAwait(false);
            if (!made.IsOk)
                return made.Error;
        }

        (string Path, string Content)[] files =
        [
            (Exports + "/127.0.0.1", LoopbackExports), (Exports + "/::1", LoopbackExports), (Exports + "/trusted/127.0.0.1", "15\n"), (Exports + "/trusted/::1", "15\n"),
        ];
        foreach (var (path, content) in files)
        {
            var made = await Make(store, path, PlainFile).ConfigureAwait(false);
            if (!made.IsOk)
                return made.Error;
            var written = await store.Write(CatalogRequest.Daemon, made.Value.Number, 0, 0, Encoding.ASCII.GetBytes(content)).ConfigureAwait(false);
            if (!written.IsOk)
                return written.Error;
            var enabled = await store.SetIo(CatalogRequest.Daemon, made.Value.Number, isEnabled: true).ConfigureAwait(false);
            if (!enabled.IsOk)
                return enabled.Error;
        }

        return await store.SetMeta(Done, "1"u8.ToArray()).ConfigureAwait(false);
    }

    /// <summary>The object at a path, permissions aside; symbolic links are not followed.</summary>
    public static async ValueTask<Result<CatalogInode>> Resolve(ICatalogStore store, string path)
    {
        var row = await store.Get(CatalogInode.RootNumber).ConfigureAwait(false);
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!row.IsOk)
                return row;
            row = await store.Lookup(row.Value.Number, Encoding.UTF8.GetBytes(part)).ConfigureAwait(false);
        }

        return row;
    }

    private static async ValueTask<Result<CatalogInode>> Make(ICatalogStore store, string path, uint mode)
    {
        var cut = path.LastIndexOf('/');
        var parent = await Resolve(store, path[..cut]).ConfigureAwait(false);
        if (!parent.IsOk)
            return parent;
        var name = Encoding.UTF8.GetBytes(path[(cut + 1)..]);
        var made = await store.Create(CatalogRequest.Daemon, parent.Value.Number, name, new NewObject { Mode = mode, Uid = 0, Gid = 0 }).ConfigureAwait(false);
        return made.Error == Errno.EEXIST ? await store.Lookup(parent.Value.Number, name).ConfigureAwait(false) : made;
    }
}
