using System.Buffers.Binary;
using System.Net;

namespace Pentode.Linux;

/// <summary>Where a datagram came from and the address it was sent to, as the kernel tells it. Made once and used again for every datagram.</summary>
public struct DatagramOrigin
{
    internal const int NameSize = 28;
    internal const int ControlSize = 64;

    /// <summary>Room for both.</summary>
    public DatagramOrigin()
    {
        Name = new byte[NameSize];
        Control = new byte[ControlSize];
    }

    internal byte[] Name { get; }

    internal int NameLength { get; set; }

    internal byte[] Control { get; }

    internal int ControlLength { get; set; }

    /// <summary>The sender; IPv4 addresses mapped into IPv6 as IPv4.</summary>
    public readonly IPEndPoint Sender()
    {
        var port = BinaryPrimitives.ReadUInt16BigEndian(Name.AsSpan(2));
        var address = NameLength == 16 ? new IPAddress(Name.AsSpan(4, 4)) : new IPAddress(Name.AsSpan(8, 16));
        return new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, port);
    }

    /// <summary>A copy that stays when the next datagram is taken.</summary>
    public readonly DatagramOrigin Copy()
    {
        var copy = new DatagramOrigin { NameLength = NameLength, ControlLength = ControlLength };
        Name.CopyTo(copy.Name, 0);
        Control.CopyTo(copy.Control, 0);
        return copy;
    }
}
