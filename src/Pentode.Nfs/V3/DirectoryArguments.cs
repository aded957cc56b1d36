using Pentode.Core.Codecs;

namespace Pentode.Nfs.V3;

/// <summary>diropargs3: <c>handle&lt;64&gt; | name&lt;&gt;</c>. A name longer than any file system has is told by who uses it.</summary>
internal readonly ref struct DirectoryArguments
{
    public ReadOnlySpan<byte> Handle { get; init; }

    public ReadOnlySpan<byte> Name { get; init; }

    public static DirectoryArguments Read(ref XdrReader reader)
    {
        var handle = reader.Opaque(Nfs3Wire.MaxHandle);
        return new DirectoryArguments { Handle = handle, Name = reader.Opaque(int.MaxValue) };
    }
}
