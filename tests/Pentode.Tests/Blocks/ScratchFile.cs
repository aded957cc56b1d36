using Pentode.Blocks.File;

namespace Pentode.Tests.Blocks;

/// <summary>Backends on nameless files: the path is removed once open.</summary>
internal static class ScratchFile
{
    public static FileBackend Open(string directory, long size)
    {
        var path = Path.Combine(directory, $"pentode-{Guid.NewGuid():N}");
        using (var stream = File.Create(path))
            stream.SetLength(size);
        try
        {
            return FileBackend.Open(path, readOnly: false).Value;
        }
        finally
        {
            File.Delete(path);
        }
    }
}
