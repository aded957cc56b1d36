using System.Net;

namespace Pentode.Daemon.Configuration;

/// <summary>Hosts by address: one, a network, or all of them.</summary>
public sealed record HostRule
{
    private readonly IPNetwork? _network;

    private HostRule(string text, IPNetwork? network)
    {
        Text = text;
        _network = network;
    }

    /// <summary>Every host.</summary>
    public static HostRule Everybody { get; } = new("*", null);

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>Reads "192.168.1.7", "192.168.0.0/16", "192.168.0.0/255.255.0.0", "fd00::/8", "localhost" or "*".</summary>
    public static bool TryParse(string text, out HostRule rule)
    {
        rule = Everybody;
        if (text == "*")
            return true;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var host = slash < 0 ? text : text[..slash];
        if (host == "localhost")
            host = "127.0.0.1";
        if (!IPAddress.TryParse(host, out var address) || !host.Contains(address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? '.' : ':'))
            return false;
        var bits = address.GetAddressBytes().Length * 8;
        var prefix = slash < 0 ? bits : PrefixOf(text[(slash + 1)..], bits);
        if (prefix < 0)
            return false;
        rule = new HostRule(text, new IPNetwork(Masked(address, prefix), prefix));
        return true;
    }

    /// <summary>True when the host at that address is meant.</summary>
    public bool Matches(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (_network is not { } network)
            return true;
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return plain.AddressFamily == network.BaseAddress.AddressFamily && network.Contains(plain);
    }

    private static int PrefixOf(string text, int bits)
    {
        if (int.TryParse(text, System.Globalization.NumberStyles.None, null, out var prefix))
            return prefix <= bits ? prefix : -1;
        if (bits != 32 || !IPAddress.TryParse(text, out var mask) || mask.GetAddressBytes() is not { Length: 4 } bytes)
            return -1;
        var value = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes);
        var ones = System.Numerics.BitOperations.LeadingZeroCount(~value);
        return System.Numerics.BitOperations.PopCount(value) == ones ? ones : -1;
    }

    private static IPAddress Masked(IPAddress address, int prefix)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] &= (byte)(0xFF00 >> Math.Clamp(prefix - (8 * i), 0, 8));
        return new IPAddress(bytes);
    }
}
