using Pentode.Linux.Uring;
using Pentode.Rings.Wire;

namespace Pentode.Rings.Server;

/// <summary>Operations of the kernel (linux/io_uring.h) behind the tasks.</summary>
internal static class RingsOpcodes
{
    public const byte Nop = 0;
    public const byte ReadVector = 1;
    public const byte WriteVector = 2;
    public const byte ReadFixed = 4;
    public const byte WriteFixed = 5;
    public const byte PollAdd = 6;
    public const byte Timeout = 11;
    public const byte Accept = 13;
    public const byte AsyncCancel = 14;
    public const byte Connect = 16;
    public const byte OpenAt = 18;
    public const byte Close = 19;
    public const byte Read = 22;
    public const byte Write = 23;
    public const byte OpenAt2 = 28;

    /// <summary>All the server ever registers once the ring runs: what clients act with.</summary>
    public static ReadOnlySpan<byte> Registrations => [RingPolicy.RegisterPersonality, RingPolicy.UnregisterPersonality];

    /// <summary>All the server ever submits.</summary>
    public static ReadOnlySpan<byte> Served => [Nop, PollAdd, Timeout, Accept, AsyncCancel, Connect, OpenAt, Close, Read, Write];

    /// <summary>The same when OPENAT is confined.</summary>
    public static ReadOnlySpan<byte> Confined => [Nop, PollAdd, Timeout, Accept, AsyncCancel, Connect, OpenAt2, Close, Read, Write];

    /// <summary>What clients are told, from what the kernel reports. Transfers without offset use one buffer, hence READ for what the protocol calls READV.</summary>
    public static RingsOperations Known(bool[] supported)
    {
        ReadOnlySpan<byte> order = [Nop, Timeout, ReadVector, WriteVector, AsyncCancel, ReadFixed, WriteFixed, PollAdd, Connect, Accept, OpenAt, Close];
        var known = RingsOperations.None;
        for (var i = 0; i < order.Length; i++)
        {
            if (supported[order[i]])
                known |= (RingsOperations)(1u << i);
        }

        return known;
    }

    /// <summary>Capability a kind needs; none for those that are never refused for it.</summary>
    public static RingsOperations Needed(RingsKind kind) => kind switch
    {
        RingsKind.Cancel => RingsOperations.Cancel,
        RingsKind.SockRead or RingsKind.FileRead => RingsOperations.Read,
        RingsKind.SockWrite or RingsKind.FileWrite => RingsOperations.Write,
        RingsKind.SockReadFixed => RingsOperations.ReadFixed,
        RingsKind.SockWriteFixed => RingsOperations.WriteFixed,
        RingsKind.Poll => RingsOperations.Poll,
        RingsKind.Connect => RingsOperations.Connect,
        RingsKind.Accept => RingsOperations.Accept,
        RingsKind.OpenAt => RingsOperations.OpenAt,
        RingsKind.Close => RingsOperations.Close,
        _ => RingsOperations.None,
    };
}
