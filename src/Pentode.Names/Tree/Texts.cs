using System.Globalization;
using System.Text;
using Pentode.Core;
using Pentode.Files;
using Pentode.Names.Catalog;
using Pentode.Names.Exports;
using Pentode.Names.Magic;

namespace Pentode.Names.Tree;

/// <summary>
/// The texts that magic names read as. Lines end in LF; sizes are exact. A string here has one character for each byte (Latin-1), because names
/// are bytes.
/// </summary>
internal sealed class Texts(NamesTree tree)
{
    private const ulong Cursor = 0;
    private const ulong Database = 1;
    private const ulong Counters = 2;
    private const ulong ChecksumTypes = 3;
    private const ulong FirstFact = 16;

    private ICatalogStore Store => tree.Store;

    /// <summary>The handle of a text about an object; null for what is none.</summary>
    public static NodeHandle? HandleOf(MagicCommand command, long number)
    {
        return command.Kind switch
        {
            MagicKind.TagList => Of(HandleKind.TagList),
            MagicKind.Id => Of(HandleKind.Id),
            MagicKind.NameOf => Of(HandleKind.NameOf),
            MagicKind.Parent => Of(HandleKind.Parent),
            MagicKind.PathOf => Of(HandleKind.PathOf),
            MagicKind.ShowId => Of(HandleKind.ShowId),
            MagicKind.Constant => Of(HandleKind.Constant),
            MagicKind.Cursor => Of(HandleKind.Get, Cursor),
            MagicKind.Database => Of(HandleKind.Get, Database),
            MagicKind.Counters => Of(HandleKind.Get, Counters),
            MagicKind.ChecksumTypes => Of(HandleKind.Get, ChecksumTypes),
            MagicKind.Fact => Of(HandleKind.Get, FirstFact + (ulong)command.Fact),
            _ => null,
        };

        NodeHandle Of(byte kind, ulong operand = 0) => new(kind, (ulong)number, operand);
    }

    /// <summary>The text; ENOENT when there is none (the parent of the root).</summary>
    public async ValueTask<Result<string>> Render(NodeHandle handle, CatalogInode row) => handle switch
    {
        { Kind: HandleKind.TagList } => await Tags(row).ConfigureAwait(false),
        { Kind: HandleKind.Id } => row.Pid + "\n",
        { Kind: HandleKind.NameOf } => await Name(row).ConfigureAwait(false),
        { Kind: HandleKind.Parent } => await Parent(row).ConfigureAwait(false),
        { Kind: HandleKind.PathOf } => await Path(row).ConfigureAwait(false),
        { Kind: HandleKind.ShowId } => await Everything(row).ConfigureAwait(false),
        { Kind: HandleKind.Constant } => tree.Shared.Banner + "\n",
        { Kind: HandleKind.Get, Operand: Cursor } => await Where(row).ConfigureAwait(false),
        { Kind: HandleKind.Get, Operand: Database } => $"pentode:0:r:enabled:{Store.Info.Id}\n",
        { Kind: HandleKind.Get, Operand: Counters } => await Counts().ConfigureAwait(false),
        { Kind: HandleKind.Get, Operand: ChecksumTypes } => string.Concat(MagicCommands.ChecksumTypes.Keys.Select(t => t + "\n")),
        { Kind: HandleKind.Get, Operand: >= FirstFact } => await Fact((MagicFact)(handle.Operand - FirstFact), row).ConfigureAwait(false),
        _ => Errno.ESTALE,
    };

    /// <summary>A fact of a file, without a line's end where it is one value.</summary>
    public async ValueTask<Result<string>> Fact(MagicFact fact, CatalogInode row)
    {
        switch (fact)
        {
            case MagicFact.Io:
                return row.IsIoEnabled ? "1\n" : "0\n";
            case MagicFact.Size:
                return Number(row.Size) + "\n";
            case MagicFact.Checksum:
                var sums = await Store.ListChecksums(row.Number).ConfigureAwait(false);
                return sums.IsOk ? sums.Value.Count == 0 ? "" : string.Join(", ", sums.Value.Select(c => $"{c.Algorithm}:{c.Value}")) + "\n" : sums.Error;
            case MagicFact.Pins:
                var pins = await Store.ListPins(row.Number).ConfigureAwait(false);
                return pins.IsOk ? string.Concat(pins.Value.Select(Line)) : pins.Error;
            case MagicFact.Locations:
                var places = await Store.ListLocations(row.Number).ConfigureAwait(false);
                return places.IsOk ? string.Concat(places.Value.Select(l => Bytes(l.Uri) + "\n")) : places.Error;
            case MagicFact.Locality:
                var known = await Store.ListLocations(row.Number).ConfigureAwait(false);
                return known.IsOk ? Locality(row, known.Value) + "\n" : known.Error;
            default:
                return Errno.ESTALE;
        }
    }

    private static string Locality(CatalogInode row, IReadOnlyList<CatalogLocation> places)
    {
        if (row.State == CatalogState.Lost)
            return "LOST";
        var isOnline = row.StoredBytes > 0 || places.Any(p => p is { Kind: 1, State: 1 }) || (row.State == CatalogState.Stored && places.All(p => p.Kind != 1));
        var isNearline = places.Any(p => p.Kind == 0) || row.State == CatalogState.Nearline;
        if (isOnline || isNearline)
            return isOnline && isNearline ? "ONLINE_AND_NEARLINE" : isOnline ? "ONLINE" : "NEARLINE";
        return places.Count > 0 ? "UNAVAILABLE" : "NONE";
    }

    private static string Line(CatalogPin pin)
    {
        var expires = pin.ExpiryTime is { } time ? Stamp(time) : "-";
        var request = pin.RequestId.Length == 0 ? "-" : $"\"{pin.RequestId}\"";
        var state = pin.State switch { 0 => "PINNING", 1 => "PINNED", _ => "UNPINNING" };
        return $"{Number(pin.Id)}\t{Stamp(pin.CreatedTime)}\t{expires}\t{request}\tREMOVABLE\t{state}\n";
    }

    private async ValueTask<Result<string>> Tags(CatalogInode row)
    {
        var tags = await Store.ListTags(row.Number).ConfigureAwait(false);
        return tags.IsOk ? string.Concat(tags.Value.Where(t => t.IsValid).Select(t => $".(tag)({Encoding.Latin1.GetString(t.Name)})\n")) : tags.Error;
    }

    private async ValueTask<Result<string>> Name(CatalogInode row)
    {
        var names = await Store.Names(row.Number, 1).ConfigureAwait(false);
        if (!names.IsOk)
            return names.Error;
        return names.Value.Count == 0 ? Errno.ENOENT : Encoding.Latin1.GetString(names.Value[0].Name) + "\n";
    }

    private async ValueTask<Result<string>> Parent(CatalogInode row)
    {
        var names = await Store.Names(row.Number, 1).ConfigureAwait(false);
        if (!names.IsOk)
            return names.Error;
        if (names.Value.Count == 0)
            return Errno.ENOENT;
        var parent = await Store.Get(names.Value[0].Parent).ConfigureAwait(false);
        return parent.IsOk ? parent.Value.Pid + "\n" : parent.Error;
    }

    private async ValueTask<Result<string>> Path(CatalogInode row)
    {
        var path = await Store.PathOf(row.Number).ConfigureAwait(false);
        return path.IsOk ? Encoding.Latin1.GetString(path.Value) + "\n" : path.Error;
    }

    private async ValueTask<Result<string>> Where(CatalogInode row)
    {
        var top = await Store.Get(tree.Options.RootInode).ConfigureAwait(false);
        if (!top.IsOk)
            return top.Error;
        var io = tree.Options.Io == IoMode.Full ? "0" : "30";
        return $"dirID={row.Pid}\ndirPerm={Octal(row.Mode & 0xFFF)}\nmountID={top.Value.Pid}\nmountIO={io}\n";
    }

    private async ValueTask<Result<string>> Counts()
    {
        var found = await Store.GetStatistics().ConfigureAwait(false);
        if (!found.IsOk)
            return found.Error;
        var s = found.Value;
        return $"objects={Number(s.Objects)}\nbytes={Number(s.RecordedBytes)}\ntrash={Number(s.Trash)}\nreads={Number(s.Reads)}\nchanges={Number(s.Changes)}\ncommits={Number(s.Commits)}\n";
    }

    private async ValueTask<Result<string>> Everything(CatalogInode row)
    {
        var names = await Store.Names(row.Number, 1).ConfigureAwait(false);
        if (!names.IsOk)
            return names.Error;
        var parent = names.Value.Count == 0 ? "" : (await Store.Get(names.Value[0].Parent).ConfigureAwait(false)).ValueOrDefault?.Pid.ToString() ?? "";
        var type = row.IsDirectory ? "Directory ( Inode )" : row.IsSymbolicLink ? "Link ( Data )" : row.IsRegular ? "Regular ( Data )" : "Special ( Inode )";
        var text = new StringBuilder();
        Add("ID", row.Pid.ToString());
        Add("Type", type);
        Add("Name", names.Value.Count == 0 ? "" : Encoding.Latin1.GetString(names.Value[0].Name));
        Add("parent ID", parent);
        Add("creation time", Stamp(row.BirthTime));
        Add("modif. time", Stamp(row.ModifyTime));
        Add("mst_dev", Number((long)(Store.Info.FileSystemId & long.MaxValue)));
        Add("mst_ino", Number(row.Number));
        Add("mst_mode", Octal(row.Mode));
        Add("mst_nlink", Number(row.LinkCount));
        Add("mst_uid", Number(row.Uid));
        Add("mst_gid", Number(row.Gid));
        Add("mst_rdev", $"{Number((long)(row.Device >> 32))}:{Number((uint)row.Device)}");
        Add("mst_size", Number(row.Size));
        Add("mst_atime", Stamp(row.AccessTime));
        Add("mst_mtime", Stamp(row.ModifyTime));
        Add("mst_ctime", Stamp(row.ChangeTime));
        Add("mst_blocks", Number((row.StoredBytes + 511) / 512));
        Add("io", row.IsIoEnabled ? "enabled" : "disabled");
        Add("state", row.State.ToString().ToLowerInvariant());
        if (row.IsDirectory)
        {
            var tags = await Store.ListTags(row.Number).ConfigureAwait(false);
            foreach (var tag in tags.IsOk ? tags.Value : [])
                Add("Tag", $"{Encoding.Latin1.GetString(tag.Name)} ({(!tag.IsValid ? "invalid" : tag.IsInherited ? "inherited" : tag.IsPrimary ? "primary" : "pseudo-primary")})");
            return text.ToString();
        }

        var levels = await Store.ListLevels(row.Number).ConfigureAwait(false);
        foreach (var level in levels.IsOk ? levels.Value : [])
            Add($"Chain({Number(level.Level)})", $"{Number(level.Size)} bytes");
        return text.ToString();

        void Add(string key, string value) => text.Append(CultureInfo.InvariantCulture, $"{key,14} : {value}\n");
    }

    /// <summary>Text as the characters of its bytes.</summary>
    public static string Bytes(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    private static string Stamp(long nanoseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / TimeSpan.NanosecondsPerTick).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private static string Octal(uint value) => Convert.ToString(value, 8).PadLeft(4, '0');

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
