namespace Pentode.Files;

/// <summary>Told once that the readiness of an open file may have changed; any thread, never while <see cref="IOpenFile.Poll"/> runs.</summary>
public interface IReadinessSink
{
    /// <summary>Ask again.</summary>
    void Changed();
}
