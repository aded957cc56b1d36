namespace Pentode.Testing.Processes;

/// <summary>A directory that goes away with the test.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    /// <summary>Creates it, on tmpfs with <paramref name="memory"/>.</summary>
    public TemporaryDirectory(bool memory = false)
    {
        Path = memory && Directory.Exists("/dev/shm")
            ? Directory.CreateDirectory(System.IO.Path.Combine("/dev/shm", "pentode-" + Guid.NewGuid().ToString("N"))).FullName
            : Directory.CreateTempSubdirectory("pentode-").FullName;
    }

    /// <summary>Its path.</summary>
    public string Path { get; }

    /// <summary>A path below it.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
