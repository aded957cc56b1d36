using System.Globalization;
using System.Text;
using Pentode.Core;
using Pentode.Files;
using Pentode.Names.Catalog;
using Pentode.Names.Magic;

namespace Pentode.Names.Tree;

/// <summary>Does what switches say, for magic names and extended attributes alike.</summary>
internal sealed class Switches(NamesTree tree)
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    private ICatalogStore Store => tree.Store;

    /// <summary>The action of a command on a file.</summary>
    public async ValueTask<Result<SwitchAction>> ActionOf(MagicCommand command, long number)
    {
        switch (command.Kind)
        {
            case MagicKind.SetIo:
                return new SwitchAction(new NodeHandle(HandleKind.SetIo, (ulong)number, (ulong)command.Number!));
            case MagicKind.SetSize:
                return new SwitchAction(new NodeHandle(HandleKind.SetSize, (ulong)number, (ulong)command.Number!));
            case MagicKind.SetPin:
                return new SwitchAction(new NodeHandle(HandleKind.SetPin, (ulong)number, (ulong)command.Number!));
            default:
                var text = await Store.Intern(Encoding.ASCII.GetBytes($"{command.ChecksumType}:{command.ChecksumValue}")).ConfigureAwait(false);
                return text.IsOk ? new SwitchAction(new NodeHandle(HandleKind.SetChecksum, (ulong)number, (ulong)text.Value), command.ChecksumType, command.ChecksumValue) : text.Error;
        }
    }

    /// <summary>The action of a handle; ESTALE for one never given out.</summary>
    public async ValueTask<Result<SwitchAction>> ActionOf(NodeHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.SetIo:
                return handle.Operand <= 1 ? new SwitchAction(handle) : Errno.ESTALE;
            case HandleKind.SetSize:
                return new SwitchAction(handle);
            case HandleKind.SetPin:
                return handle.Operand <= MagicCommands.LongestPinSeconds ? new SwitchAction(handle) : Errno.ESTALE;
            default:
                var text = await Store.Interned((long)handle.Operand).ConfigureAwait(false);
                if (!text.IsOk)
                    return text.Error;
                var parts = Encoding.ASCII.GetString(text.Value).Split(':');
                return parts.Length == 2 ? new SwitchAction(handle, parts[0], parts[1]) : Errno.ESTALE;
        }
    }

    /// <summary>Whose the switch is: root's for I/O unless owners may, else the owner's of the file.</summary>
    public (uint Uid, uint Gid) OwnerOf(SwitchAction action, CatalogInode row) =>
        action.Handle.Kind == HandleKind.SetIo && !tree.Options.OwnersSetIo ? (0, 0) : (row.Uid, row.Gid);

    /// <summary>Does looking up the switch find it: is the file as it says?</summary>
    public async ValueTask<Result<bool>> IsSet(Credentials who, SwitchAction action, CatalogInode row)
    {
        switch (action.Handle.Kind)
        {
            case HandleKind.SetIo:
                return row.IsIoEnabled == (action.Handle.Operand == 1);
            case HandleKind.SetSize:
                return row.Size != 0 && (ulong)row.Size == action.Handle.Operand;
            case HandleKind.SetPin:
                var pins = await Store.ListPins(row.Number).ConfigureAwait(false);
                return pins.IsOk ? pins.Value.Any(p => p.Uid == who.Uid) : pins.Error;
            default:
                var sums = await Store.ListChecksums(row.Number).ConfigureAwait(false);
                return sums.IsOk ? sums.Value.Contains(new CatalogChecksum(action.ChecksumType, action.ChecksumValue)) : sums.Error;
        }
    }

    /// <summary>Does it.</summary>
    public async ValueTask<Errno> Perform(Credentials who, SwitchAction action, long number)
    {
        var by = new CatalogRequest(who);
        var operand = (long)action.Handle.Operand;
        return Changed(number, action.Handle.Kind switch
        {
            HandleKind.SetIo => await SetIo(who, number, operand == 1).ConfigureAwait(false),
            HandleKind.SetSize => (await Store.SetRecordedSize(by, number, operand).ConfigureAwait(false)).Error,
            HandleKind.SetPin when operand == 0 => await Unpin(who, number).ConfigureAwait(false),
            HandleKind.SetPin => (await Store.SetPin(by, number, RequestOf(who), Now() + (operand * NanosecondsPerSecond)).ConfigureAwait(false)).Error,
            _ => await Store.SetChecksum(by, number, new CatalogChecksum(action.ChecksumType, action.ChecksumValue)).ConfigureAwait(false),
        });
    }

    /// <summary>Takes it back: what rm(1) of the switch does. ENOENT when the file is not as it says.</summary>
    public async ValueTask<Errno> Undo(Credentials who, SwitchAction action, CatalogInode row)
    {
        var isSet = await IsSet(who, action, row).ConfigureAwait(false);
        if (!isSet.IsOk)
            return isSet.Error;
        if (!isSet.Value)
            return Errno.ENOENT;
        var by = new CatalogRequest(who);
        return Changed(row.Number, action.Handle.Kind switch
        {
            HandleKind.SetIo => await SetIo(who, row.Number, action.Handle.Operand == 0).ConfigureAwait(false),
            HandleKind.SetSize => (await Store.SetRecordedSize(by, row.Number, 0).ConfigureAwait(false)).Error,
            HandleKind.SetPin => await Unpin(who, row.Number).ConfigureAwait(false),
            _ => await Store.RemoveChecksum(by, row.Number, action.ChecksumType).ConfigureAwait(false),
        });
    }

    /// <summary>Sets or clears the flag: root, or on exports that say so the owner.</summary>
    public async ValueTask<Errno> SetIo(Credentials who, long number, bool isEnabled)
    {
        if (who.Uid != 0 && !tree.Options.OwnersSetIo)
            return Errno.EPERM;
        return (await Store.SetIo(new CatalogRequest(who), number, isEnabled).ConfigureAwait(false)).Error;
    }

    // As Chimera has it: one request for each user.
    private static string RequestOf(Credentials who) => who.Uid.ToString(CultureInfo.InvariantCulture);

    private async ValueTask<Errno> Unpin(Credentials who, long number)
    {
        var error = await Store.RemovePins(new CatalogRequest(who), number, RequestOf(who)).ConfigureAwait(false);
        return error == Errno.ENOENT ? Errno.None : error;
    }

    private long Now() => (Store.Options.Clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    private Errno Changed(long number, Errno error)
    {
        if (error == Errno.None)
            tree.Shared.Changed?.Invoke(number);
        return error;
    }
}
