using System.Globalization;
using System.Text;
using Pentode.Core;
using Pentode.Files;
using Pentode.Names.Catalog;
using Pentode.Names.Magic;

namespace Pentode.Names.Tree;

/// <content>
/// Extended attributes: those users set, and <c>user.pnfs.*</c>, which say and do what magic names do. The latter are not listed, so that
/// programs that copy attributes do not copy them.
/// </content>
internal sealed partial class ObjectNode
{
    private const int MustBeNew = 1;
    private const int MustExist = 2;
    private const string Prefix = "user.pnfs.";
    private const uint Sticky = 0x200;
    private const uint NewTagMode = 0x1A4;

    /// <inheritdoc/>
    public override async ValueTask<Result<byte[]>> GetExtendedAttribute(Credentials who, FileName name)
    {
        var row = await Refresh().ConfigureAwait(false);
        if (!row.IsOk)
            return row.Error;
        var key = Encoding.Latin1.GetString(name.Bytes.Span);
        if (!key.StartsWith("user.", StringComparison.Ordinal))
            return Errno.EOPNOTSUPP;
        if (Tree.Options.Magic != MagicMode.Off && key.StartsWith(Prefix, StringComparison.Ordinal))
            return await GetFact(who, row.Value, key[Prefix.Length..]).ConfigureAwait(false);
        if (!row.Value.IsRegular && !row.Value.IsDirectory)
            return Errno.ENODATA;
        if (Access.Check(who, row.Value, Access.Read) != Errno.None)
            return Errno.EACCES;
        return await Store.GetExtendedAttribute(Number, name.Bytes).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask<Result<byte[]>> ListExtendedAttributes(Credentials who)
    {
        var names = await Store.ListExtendedAttributes(Number).ConfigureAwait(false);
        return names.IsOk ? names.Value.SelectMany(n => n.Append((byte)0)).ToArray() : names.Error;
    }

    /// <inheritdoc/>
    public override ValueTask<Errno> SetExtendedAttribute(Credentials who, FileName name, ReadOnlyMemory<byte> value, int flags) =>
        ChangeExtendedAttribute(who, name, value, flags);

    /// <inheritdoc/>
    public override ValueTask<Errno> RemoveExtendedAttribute(Credentials who, FileName name) => ChangeExtendedAttribute(who, name, null, MustExist);

    private async ValueTask<Errno> ChangeExtendedAttribute(Credentials who, FileName name, ReadOnlyMemory<byte>? value, int flags)
    {
        var row = await Refresh().ConfigureAwait(false);
        if (!row.IsOk)
            return row.Error;
        var key = Encoding.Latin1.GetString(name.Bytes.Span);
        if (!key.StartsWith("user.", StringComparison.Ordinal))
            return Errno.EOPNOTSUPP;
        if (Tree.Options.Magic != MagicMode.Off && key.StartsWith(Prefix, StringComparison.Ordinal))
        {
            var exists = await GetFact(Credentials.Root, row.Value, key[Prefix.Length..]).ConfigureAwait(false);
            if (flags == MustBeNew && exists.IsOk)
                return Errno.EEXIST;
            if (flags == MustExist && !exists.IsOk)
                return exists.Error;
            return Changed(await SetFact(who, row.Value, key[Prefix.Length..], value).ConfigureAwait(false));
        }

        if (!row.Value.IsRegular && !row.Value.IsDirectory)
            return Errno.EPERM;
        if (row.Value.IsDirectory && (row.Value.Mode & Sticky) != 0 && !Access.IsOwner(who, row.Value.Uid))
            return Errno.EPERM;
        if (Access.Check(who, row.Value, Access.Write) != Errno.None)
            return Errno.EACCES;
        return Changed(await Store.SetExtendedAttribute(new CatalogRequest(who), Number, name.Bytes, value, flags).ConfigureAwait(false));
    }

    private async ValueTask<Result<byte[]>> GetFact(Credentials who, CatalogInode row, string key)
    {
        var (word, argument) = Split(key);
        switch (word)
        {
            case "id" when argument is null:
                return Encoding.ASCII.GetBytes(row.Pid.ToString());
            case "io" when argument is null && row.IsRegular:
                return row.IsIoEnabled ? "1"u8.ToArray() : "0"u8.ToArray();
            case "size" when argument is null && row.IsRegular:
                return Encoding.ASCII.GetBytes(row.Size.ToString(CultureInfo.InvariantCulture));
            case "locality" or "locations" or "pins" when argument is null && row.IsRegular:
                var text = await Tree.Magic.Texts.Fact(Enum.Parse<MagicFact>(word, ignoreCase: true), row).ConfigureAwait(false);
                return text.IsOk ? Encoding.Latin1.GetBytes(text.Value.TrimEnd('\n')) : text.Error;
            case "checksum" when argument is not null:
                var sums = await Store.ListChecksums(Number).ConfigureAwait(false);
                if (!sums.IsOk)
                    return sums.Error;
                return sums.Value.FirstOrDefault(s => s.Algorithm == argument) is { } sum ? Encoding.ASCII.GetBytes(sum.Value) : Errno.ENODATA;
            case "label" when argument is not null:
                var labels = await Store.ListLabels(Number).ConfigureAwait(false);
                if (!labels.IsOk)
                    return labels.Error;
                return labels.Value.Select(Texts.Bytes).Contains(argument) ? Array.Empty<byte>() : Errno.ENODATA;
            case "tag" when argument is not null && row.IsDirectory:
                var tag = await Store.GetTag(Number, Encoding.Latin1.GetBytes(argument)).ConfigureAwait(false);
                if (!tag.IsOk || !tag.Value.IsValid)
                    return tag.IsOk || tag.Error == Errno.ENOENT ? Errno.ENODATA : tag.Error;
                return Access.Check(who, tag.Value.Mode, tag.Value.Uid, tag.Value.Gid, Access.Read) == Errno.None ? tag.Value.Value : Errno.EACCES;
            case "level" when LevelOf(argument) is { } level && row.IsRegular:
                return await ReadLevel(who, level).ConfigureAwait(false);
            default:
                return Errno.ENODATA;
        }
    }

    private async ValueTask<Result<byte[]>> ReadLevel(Credentials who, int level)
    {
        var found = await Store.GetLevel(Number, level).ConfigureAwait(false);
        if (!found.IsOk)
            return found.Error == Errno.ENOENT ? Errno.ENODATA : found.Error;
        if (Access.Check(who, found.Value.Mode, found.Value.Uid, found.Value.Gid, Access.Read) != Errno.None)
            return Errno.EACCES;
        if (found.Value.Size > CatalogLimits.ExtendedAttribute)
            return Errno.E2BIG;
        var content = new byte[found.Value.Size];
        var read = await Store.Read(Number, level, 0, content).ConfigureAwait(false);
        return read.IsOk ? content[..read.Value] : read.Error;
    }

    private async ValueTask<Errno> SetFact(Credentials who, CatalogInode row, string key, ReadOnlyMemory<byte>? value)
    {
        var by = new CatalogRequest(who);
        var (word, argument) = Split(key);
        var text = value is { } bytes ? Encoding.Latin1.GetString(bytes.Span) : null;
        switch (word)
        {
            case "io" when argument is null:
                return text is null or "0" or "1" ? await Tree.Magic.Switches.SetIo(who, Number, text == "1").ConfigureAwait(false) : Errno.EINVAL;
            case "size" when argument is null:
                return long.TryParse(text ?? "0", NumberStyles.None, CultureInfo.InvariantCulture, out var size)
                    ? (await Store.SetRecordedSize(by, Number, size).ConfigureAwait(false)).Error
                    : Errno.EINVAL;
            case "checksum" when argument is not null:
                if (text is null)
                    return await Store.RemoveChecksum(by, Number, argument).ConfigureAwait(false);
                var isKnown = MagicCommands.ChecksumTypes.TryGetValue(argument, out var digits) && text.Length == digits && text.All(char.IsAsciiHexDigit);
                return isKnown ? await Store.SetChecksum(by, Number, new CatalogChecksum(argument, text.ToLowerInvariant())).ConfigureAwait(false) : Errno.EINVAL;
            case "locations" when argument is null && row.IsRegular:
                var places = new LocationsNode(Tree, Number);
                var cleared = await places.RemoveSelf(who).ConfigureAwait(false);
                return cleared != Errno.None || value is null ? cleared : await places.Add(who, value.Value).ConfigureAwait(false);
            case "label" when argument is not null:
                return await Store.SetLabel(by, Number, Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(argument)), value is not null).ConfigureAwait(false);
            case "tag" when argument is not null && row.IsDirectory:
                return await SetTag(by, Encoding.Latin1.GetBytes(argument), value).ConfigureAwait(false);
            case "level" when LevelOf(argument) is { } level && row.IsRegular:
                return await SetLevel(who, level, value).ConfigureAwait(false);
            default:
                return Errno.EPERM;
        }
    }

    private async ValueTask<Errno> SetTag(CatalogRequest by, byte[] name, ReadOnlyMemory<byte>? value)
    {
        if (name.Length > MagicCommands.LongestTagName || !new FileName(name).IsValid)
            return Errno.ERANGE;
        if (value is null)
            return await Store.RemoveTag(by, Number, name).ConfigureAwait(false);
        var written = await Store.WriteTag(by, Number, name, -1, value.Value).ConfigureAwait(false);
        if (written.Error != Errno.ENOENT)
            return written.Error;
        var made = await Store.CreateTag(by, Number, name, NewTagMode).ConfigureAwait(false);
        return made.IsOk ? (await Store.WriteTag(by, Number, name, -1, value.Value).ConfigureAwait(false)).Error : made.Error;
    }

    private async ValueTask<Errno> SetLevel(Credentials who, int level, ReadOnlyMemory<byte>? value)
    {
        var by = new CatalogRequest(who);
        if (value is null)
            return await Store.RemoveLevel(by, Number, level).ConfigureAwait(false);
        var found = await Store.GetLevel(Number, level).ConfigureAwait(false);
        if (found.Error == Errno.ENOENT)
            found = await Store.CreateLevel(by, Number, level, NewTagMode).ConfigureAwait(false);
        else if (found.IsOk && Access.Check(who, found.Value.Mode, found.Value.Uid, found.Value.Gid, Access.Write) != Errno.None)
            return Errno.EACCES;
        if (found.IsOk && found.Value.Size > 0)
            found = await Store.SetLevelAttributes(by, Number, level, new AttributeChange { Size = 0 }, isOpen: true).ConfigureAwait(false);
        if (!found.IsOk || value.Value.IsEmpty)
            return found.Error;
        return (await Store.Write(by, Number, level, 0, value.Value).ConfigureAwait(false)).Error;
    }

    private static int? LevelOf(string? argument) => argument is [>= '1' and <= '7'] ? argument[0] - '0' : null;

    private static (string Word, string? Argument) Split(string key)
    {
        var dot = key.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? (key, null) : (key[..dot], key[(dot + 1)..]);
    }
}
