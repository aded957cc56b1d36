using System.Text;
using Pentode.Core;
using Pentode.Files;
using Pentode.Names.Catalog;
using FileAttributes = Pentode.Files.FileAttributes;

namespace Pentode.Names.Tree;

/// <summary>The places on tape of a file, one URI a line (<c>.(suri)</c>): writing adds lines, truncating to nothing takes all away.</summary>
internal sealed class LocationsNode(NamesTree tree, long number) : NamesNode(tree)
{
    private const uint Mode = 0x8000 | 0x1A4;
    private const int TruncateFlag = 0x200;
    private const int Tape = 0;
    private const int Online = 1;

    private NodeHandle Key => new(HandleKind.Locations, (ulong)number, 0);

    /// <inheritdoc/>
    public override NodeId Id => Attributes.IdOf(Key, Mode & 0xF000);

    /// <inheritdoc/>
    public override Result<NodeHandle> Handle => Key;

    /// <inheritdoc/>
    public override async ValueTask<Result<FileAttributes>> GetAttributes(Credentials who)
    {
        var row = await Tree.Store.Get(number).ConfigureAwait(false);
        if (!row.IsOk)
            return row.Error;
        var content = await Content().ConfigureAwait(false);
        if (!content.IsOk)
            return content.Error;
        var time = row.Value.ChangeTime;
        return Attributes.Of(Key, Mode, row.Value.Uid, row.Value.Gid, content.Value.Length, time, time, time);
    }

    /// <inheritdoc/>
    public override async ValueTask<Errno> SetAttributes(Credentials who, AttributeChange change, IOpenFile? through) => change.Size switch
    {
        null => Errno.None,
        0 => await RemoveSelf(who).ConfigureAwait(false),
        _ => Errno.EINVAL,
    };

    /// <inheritdoc/>
    public override async ValueTask<Result<IOpenFile>> Open(Credentials who, int flags)
    {
        var row = await Tree.Store.Get(number).ConfigureAwait(false);
        if (!row.IsOk)
            return row.Error;
        var error = CheckOpen(who, Mode, row.Value.Uid, row.Value.Gid, flags, isStateless: false);
        if (error == Errno.None && (flags & TruncateFlag) != 0)
            error = await RemoveSelf(who).ConfigureAwait(false);
        return error == Errno.None ? NamesTree.Ok<IOpenFile>(new LocationsFile(this, who, flags)) : error;
    }

    /// <inheritdoc/>
    public override async ValueTask<Errno> RemoveSelf(Credentials who)
    {
        var error = await Tree.Store.RemoveLocation(new CatalogRequest(who), number, Tape, uri: null).ConfigureAwait(false);
        return error == Errno.ENOENT ? Errno.None : error;
    }

    /// <summary>The lines.</summary>
    internal async ValueTask<Result<byte[]>> Content()
    {
        var places = await Tree.Store.ListLocations(number).ConfigureAwait(false);
        return places.IsOk ? Encoding.UTF8.GetBytes(string.Concat(places.Value.Where(p => p.Kind == Tape).Select(p => p.Uri + "\n"))) : places.Error;
    }

    /// <summary>Adds the URIs of some lines; none when one is not as it must be: with scheme, host and query (EINVAL).</summary>
    internal async ValueTask<Errno> Add(Credentials who, ReadOnlyMemory<byte> lines)
    {
        if (!TryDecode(lines.Span, out var text))
            return Errno.EINVAL;
        var uris = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (!Array.TrueForAll(uris, IsPlace))
            return Errno.EINVAL;
        var now = (Tree.Store.Options.Clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        foreach (var uri in uris)
        {
            var error = await Tree.Store.SetLocation(new CatalogRequest(who), number, new CatalogLocation(Tape, uri, 0, Online, now)).ConfigureAwait(false);
            if (error != Errno.None)
                return error;
        }

        return Errno.None;
    }

    private static bool IsPlace(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Host.Length > 0 && uri.Query.Length > 1 && text.Length <= CatalogLimits.Uri;

    private static bool TryDecode(ReadOnlySpan<byte> bytes, out string text)
    {
        text = "";
        if (!System.Text.Unicode.Utf8.IsValid(bytes))
            return false;
        text = Encoding.UTF8.GetString(bytes);
        return true;
    }
}
