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
        Leftovers.Add(this, Remove);
    }

    /// <summary>Its path.</summary>
    public string Path { get; }

    /// <summary>A path below it.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <inheritdoc/>
    public void Dispose()
    {
        Leftovers.Forget(this);
        Delete();
    }

    // Those who still write in it may be ending, or deleting it as well.
    private void Remove()
    {
        for (var i = 0; i < 20 && Directory.Exists(Path); i++)
        {
            try
            {
                Delete();
            }
            catch (IOException) when (i < 19)
            {
                Thread.Sleep(50);
            }
        }
    }

    private void Delete() => Directory.Delete(Path, recursive: true);
}
