using Pentode.Core.Codecs;
using Pentode.NineP.Wire;
using Xunit;

namespace Pentode.Tests.NineP;

/// <summary>What holds for every message.</summary>
internal static class WireCheck
{
    private const ushort Tag = 0x0201;

    /// <summary>
    /// The message is that frame byte for byte, reads back as itself, and is refused when cut at any byte (but not below
    /// <paramref name="shortest"/>, for an old form) or followed by one more.
    /// </summary>
    public static void Message<T>(T message, string frame, int shortest = -1)
        where T : IWireMessage<T>, allows ref struct
    {
        Assert.Equal(frame, Convert.ToHexString(RawClient.Frame(Tag, message)));
        var body = Convert.FromHexString(frame).AsSpan(P9Limits.HeaderSize);
        Assert.True(T.TryRead(body, out var read));
        Assert.Equal(frame, Convert.ToHexString(RawClient.Frame(Tag, read)));
        for (var length = 0; length < body.Length; length++)
            Assert.Equal(length == shortest, T.TryRead(body[..length], out _));
        Assert.False(T.TryRead((byte[])[.. body, 0], out _));
        var writer = new LittleEndianWriter(new byte[body.Length - 1]);
        message.Write(ref writer);
        Assert.True(writer.IsOverrun);
    }
}
