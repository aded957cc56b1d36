using Pentode.Core;
using Pentode.Linux;
using Pentode.Rings.Wire.V2;

namespace Pentode.Rings.Server.V2;

/// <content>From bytes to messages; control requests.</content>
internal sealed unsafe partial class RingsEngine
{
    // Who leaves so much unread is not read from.
    private const int OutputHighWater = RingsWire2.MaxMessage;

    private bool IsHeldBack(EngineSession session) =>
        session.OutputPending > OutputHighWater || session.SocketReady.Count > _limits.Credits || session.RingReady.Count > _limits.Credits;

    private void Gather(EngineSession session)
    {
        if (session.IsGone || session.IsEnding || IsHeldBack(session))
            return;
        if (session.IsReadable)
            Receive(session);
        var most = session.Taken + session.Refused + RecordsPerPass;
        for (var i = 0; i < MessagesPerPass && session.Taken + session.Refused < most && session.MayParse && !session.IsEnding && !IsHeldBack(session); i++)
            Parse(session);
        if (session.Ring is { } ring && !session.IsEnding)
            TakeFromRing(session, ring);
    }

    private void Receive(EngineSession session)
    {
        var room = session.InputRoom(out var length);
        if (length == 0)
            return;
        session.IsReadable = false;
        var count = DescriptorReceiving.Receive(session.Socket, room, length, _received, out var descriptors, out var isSound);
        for (var i = 0; i < descriptors; i++)
        {
            session.Descriptors.Enqueue(_received[i]);

            // Held here, the client's end of a connection to this server would keep that connection for ever.
            _ownAddress ??= Sockets.LocalAddress(session.Socket);
            isSound &= !Sockets.IsConnectedTo(_received[i], _ownAddress);
        }

        if (count <= 0)
        {
            if (count != -(int)Errno.EAGAIN)
                session.IsEnding = true;
            return;
        }

        session.Received(count);
        session.MayParse = true;

        // A descriptor ends a receive although more may be there.
        session.IsReadable = descriptors > 0 || count == length;
        if (!isSound)
            Goodbye(session, RingsGoodbyeReason.Descriptors, RingsMessageType.None);
        else if (session.Descriptors.Count > RingsWire2.MaxWaitingDescriptors)
            Goodbye(session, RingsGoodbyeReason.TooManyDescriptors, RingsMessageType.None);
    }

    private void Parse(EngineSession session)
    {
        var input = session.Input;
        session.MayParse = false;
        if (input.Length < RingsWire2.HeaderSize)
            return;
        if (!RingsMessageHeader.TryRead(input[..RingsWire2.HeaderSize], out var header))
        {
            Goodbye(session, RingsGoodbyeReason.Magic, RingsMessageType.None);
            return;
        }

        var reason = header.Judge();
        if (reason != RingsGoodbyeReason.None)
        {
            Goodbye(session, reason, header.Type);
            return;
        }

        if (input.Length < (int)header.Length)
            return;
        session.MayParse = true;
        var body = input[RingsWire2.HeaderSize..(int)header.Length];
        switch (header.Type)
        {
            case RingsMessageType.Submit:
                TakeMessage(session, session.InputPointer + RingsWire2.HeaderSize, header.Count, body.Length);
                break;
            case RingsMessageType.RegisterFiles:
                RegisterFiles(session, header);
                break;
            case RingsMessageType.RegisterRegion:
                RegisterRegion(session, header, body);
                break;
            case RingsMessageType.Release:
                Release(session, header, body);
                break;
            case RingsMessageType.SetupRing:
                SetupRing(session, header, body);
                break;
            case RingsMessageType.SetWeight:
                SetWeight(session, header, body);
                break;
            default:
                session.Stats.Write(Head(session, RingsMessageType.Stats, 0, RingsWire2.StatsSize, header.Serial));
                break;
        }

        session.Consume((int)header.Length);
    }

    // Writes the header of a message; gives the space of its body. What waits to be sent is bounded by what is held back.
    private static Span<byte> Head(EngineSession session, RingsMessageType type, ushort count, int body, uint serial)
    {
        var room = session.Reply(RingsWire2.HeaderSize + body);
        new RingsMessageHeader(type, count, (uint)room.Length, serial).Write(room);
        return room[RingsWire2.HeaderSize..];
    }

    private static void Goodbye(EngineSession session, RingsGoodbyeReason reason, RingsMessageType about)
    {
        if (session.IsEnding || session.IsGone)
            return;
        session.IsEnding = true;
        session.DropInput();
        if (session.OutputFree >= RingsWire2.HeaderSize + RingsWire2.GoodbyeSize)
            new RingsGoodbye(reason, about).Write(Head(session, RingsMessageType.Goodbye, 0, RingsWire2.GoodbyeSize, 0));
    }

    private static void Answer(EngineSession session, RingsMessageHeader request, RingsItem item) =>
        item.Write(Head(session, RingsMessageType.Reply, 1, RingsWire2.ItemSize, request.Serial));

    // True when the message has its descriptors; otherwise the connection ends.
    private static bool HasDescriptors(EngineSession session, RingsMessageHeader request, int count)
    {
        if (session.Descriptors.Count >= count)
            return true;
        Goodbye(session, RingsGoodbyeReason.Descriptors, request.Type);
        return false;
    }

    // A client may take less than its user is given.
    private static void SetWeight(EngineSession session, RingsMessageHeader request, ReadOnlySpan<byte> body)
    {
        _ = RingsItem.TryRead(body, out var asked);
        if (asked.Id != 0)
        {
            Goodbye(session, RingsGoodbyeReason.Reserved, request.Type);
            return;
        }

        if (asked.Value > 0)
            session.Weight = Math.Min(asked.Value, session.MostWeight);
        Answer(session, request, asked.Value > 0 ? new RingsItem(0, (uint)session.Weight) : new RingsItem(-(int)Errno.EINVAL, 0));
    }

    private void RegisterFiles(EngineSession session, RingsMessageHeader request)
    {
        if (!HasDescriptors(session, request, request.Count))
            return;
        var body = Head(session, RingsMessageType.Reply, request.Count, request.Count * RingsWire2.ItemSize, request.Serial);
        for (var i = 0; i < request.Count; i++)
        {
            var descriptor = session.Descriptors.Dequeue();
            var isPathOnly = DescriptorReceiving.IsPathOnly(descriptor);
            var file = isPathOnly ? null : session.TakeFile();
            var error = file is not null ? Errno.None : isPathOnly && session.HasFreeFile ? Errno.EBADF : Errno.EMFILE;
            if (file is not null)
                file.Fill(descriptor, FileNature.Of(descriptor), isOpenedHere: false);
            else
                CloseDescriptor(descriptor);
            new RingsItem(-(int)error, file?.Id ?? 0).Write(body[(i * RingsWire2.ItemSize)..]);
        }
    }

    private void RegisterRegion(EngineSession session, RingsMessageHeader request, ReadOnlySpan<byte> body)
    {
        _ = RingsRegionRequest.TryRead(body, out var asked);
        if (asked.Flags != 0 || asked.Reserved != 0)
        {
            Goodbye(session, RingsGoodbyeReason.Reserved, request.Type);
            return;
        }

        if (!HasDescriptors(session, request, 1))
            return;
        var descriptor = session.Descriptors.Dequeue();
        var region = MapRegion(session, descriptor, asked.Size, out var error);
        CloseDescriptor(descriptor);
        Answer(session, request, new RingsItem(-(int)error, region?.Id ?? 0));
    }

    private EngineRegion? MapRegion(EngineSession session, int descriptor, ulong size, out Errno error)
    {
        // The seals come first: only files of tmpfs and hugetlbfs have any, and neither can make a call wait.
        var seals = SharedMemory.GetSeals(descriptor);
        error = seals < 0 || !SharedMemory.IsTmpfs(descriptor) ? Errno.EBADF
            : (seals & (SharedMemory.SealShrink | SharedMemory.SealGrow)) != (SharedMemory.SealShrink | SharedMemory.SealGrow) ? Errno.EPERM
            : size == 0 || size % RingsWire2.RegionAlignment != 0 || size > long.MaxValue || FileCalls.Size(descriptor) != (long)size ? Errno.EINVAL
            : size > _limits.RegionBytes - session.RegionBytes ? Errno.ENOSPC
            : Errno.None;
        if (error != Errno.None)
            return null;
        var isWritable = (seals & (SharedMemory.SealWrite | SharedMemory.SealFutureWrite)) == 0;
        if (session.FreeRegion() is not { } region)
        {
            error = Errno.EMFILE;
            return null;
        }

        var at = SharedMemory.Map(descriptor, (nuint)size, isWritable, out error);
        if (at == null)
            return null;
        region.Fill(at, size, isWritable);
        session.RegionCount++;
        session.RegionBytes += size;
        return region;
    }

    private void Release(EngineSession session, RingsMessageHeader request, ReadOnlySpan<byte> body)
    {
        var answer = Head(session, RingsMessageType.Reply, request.Count, request.Count * RingsWire2.ItemSize, request.Serial);
        for (var i = 0; i < request.Count; i++)
        {
            _ = RingsItem.TryRead(body.Slice(i * RingsWire2.ItemSize, RingsWire2.ItemSize), out var item);
            var error = item.Value switch
            {
                RingsItem.File => ReleaseFile(session, item.Id),
                RingsItem.Region => ReleaseRegion(session, item.Id),
                _ => Errno.EINVAL,
            };
            new RingsItem(-(int)error, item.Id).Write(answer[(i * RingsWire2.ItemSize)..]);
        }
    }

    private Errno ReleaseFile(EngineSession session, uint id)
    {
        if (session.FindFile(id) is not { } file)
            return Errno.ENOENT;
        if (file.Users > 0)
            return Errno.EBUSY;
        FreeFile(session, file);
        return Errno.None;
    }

    private static Errno ReleaseRegion(EngineSession session, uint id)
    {
        if (id > ushort.MaxValue || session.FindRegion(id) is not { } region)
            return Errno.ENOENT;
        if (region.Users > 0)
            return Errno.EBUSY;
        FreeRegion(session, region);
        return Errno.None;
    }

    private void FreeFile(EngineSession session, EngineFile file)
    {
        session.UncountFile();
        CloseDescriptor(file.Free());
    }

    private static void FreeRegion(EngineSession session, EngineRegion region)
    {
        session.RegionCount--;
        session.RegionBytes -= region.Size;
        region.Free();
    }

    private void SetupRing(EngineSession session, RingsMessageHeader request, ReadOnlySpan<byte> body)
    {
        _ = RingsRingRequest.TryRead(body, out var asked);
        if (asked.Reserved != 0)
        {
            Goodbye(session, RingsGoodbyeReason.Reserved, request.Type);
            return;
        }

        if (!HasDescriptors(session, request, 2))
            return;
        var doorbell = session.Descriptors.Dequeue();
        var wake = session.Descriptors.Dequeue();
        var region = session.FindRegion(asked.Region);
        var isEntries = asked.Entries is >= 2 and <= RingsWire2.MaxRingEntries && System.Numerics.BitOperations.IsPow2(asked.Entries);
        var error = session.Ring is not null ? Errno.EEXIST
            : region is null ? Errno.ENOENT
            : !region.IsWritable ? Errno.EACCES
            : !isEntries || asked.Offset % 64 != 0 ? Errno.EINVAL
            : !region.Holds(asked.Offset, (ulong)RingsWire2.RingSize((int)asked.Entries)) ? Errno.EFAULT
            : !SharedMemory.IsEvent(doorbell) || !SharedMemory.IsEvent(wake) ? Errno.EBADF
            : Errno.None;
        if (error == Errno.None)
        {
            region!.Users++;
            session.Ring = new EngineRing(region, asked.Offset, (int)asked.Entries, doorbell, wake);
            Heat(session);
        }
        else
        {
            CloseDescriptor(doorbell);
            CloseDescriptor(wake);
        }

        Answer(session, request, new RingsItem(-(int)error, 0));
    }
}
