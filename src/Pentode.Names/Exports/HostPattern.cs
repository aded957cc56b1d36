using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Pentode.Names.Exports;

/// <summary>
/// Name of an export file: an address (<c>131.169.42.66</c>) or a netmask and a network (<c>255.255.255.240..131.169.42.64</c>); IPv6 takes a
/// prefix length instead of the mask (<c>64..2001:db8::</c>). Pure.
/// </summary>
public sealed class HostPattern
{
    private readonly byte[] _network;

    private HostPattern(string name, byte[] network, int prefixLength, bool isHost)
    {
        Name = name;
        _network = network;
        PrefixLength = prefixLength;
        IsHost = isHost;
    }

    /// <summary>As it was written.</summary>
    public string Name { get; }

    /// <summary>Bits of the address that must be equal.</summary>
    public int PrefixLength { get; }

    /// <summary>True for one address: it wins over every network, even one of full length.</summary>
    public bool IsHost { get; }

    /// <summary>Reads a name; false with the reason when it is none.</summary>
    public static bool TryParse(string name, out HostPattern? pattern, out string problem)
    {
        pattern = null;
        problem = "";
        var parts = name.Split("..");
        if (parts.Length > 2 || !TryAddress(parts[^1], out var address))
        {
            problem = "neither an address in its usual form nor NETMASK..NETWORK";
            return false;
        }

        var bytes = address.GetAddressBytes();
        if (parts.Length == 1)
        {
            pattern = new HostPattern(name, bytes, bytes.Length * 8, isHost: true);
            return true;
        }

        if (PrefixOf(parts[0], address.AddressFamily) is not { } prefix)
        {
            problem = $"'{parts[0]}' is not a netmask";
            return false;
        }

        for (var bit = prefix; bit < bytes.Length * 8; bit++)
        {
            if ((bytes[bit / 8] & (0x80 >> (bit % 8))) == 0)
                continue;
            problem = $"'{parts[1]}' has bits outside of its netmask";
            return false;
        }

        pattern = new HostPattern(name, bytes, prefix, isHost: false);
        return true;
    }

    /// <summary>True when an address belongs to it.</summary>
    public bool Matches(IPAddress client)
    {
        var address = client.IsIPv4MappedToIPv6 ? client.MapToIPv4() : client;
        Span<byte> bytes = stackalloc byte[16];
        if (!address.TryWriteBytes(bytes, out var length) || length != _network.Length)
            return false;
        var whole = PrefixLength / 8;
        if (!bytes[..whole].SequenceEqual(_network.AsSpan(0, whole)))
            return false;
        var rest = PrefixLength % 8;
        return rest == 0 || ((bytes[whole] ^ _network[whole]) & (0xFF00 >> rest) & 0xFF) == 0;
    }

    // Only the form that is printed: "127.1" and "0177.0.0.1" name something else to other programs.
    private static bool TryAddress(string text, out IPAddress address) => IPAddress.TryParse(text, out address!) && address.ToString() == text;

    private static int? PrefixOf(string text, AddressFamily family)
    {
        if (family == AddressFamily.InterNetworkV6)
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var length) && length <= 128 ? length : null;
        if (!TryAddress(text, out var mask) || mask.AddressFamily != AddressFamily.InterNetwork)
            return null;
        var bits = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(mask.GetAddressBytes());
        var ones = System.Numerics.BitOperations.LeadingZeroCount(~bits);
        return ones == 32 || bits << ones == 0 ? ones : null;
    }
}
