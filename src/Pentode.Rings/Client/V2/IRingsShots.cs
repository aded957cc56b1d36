namespace Pentode.Rings.Client.V2;

/// <summary>Hears of every completion of a multishot operation.</summary>
public interface IRingsShots
{
    /// <summary>Loop thread. Without <paramref name="hasMore"/> it is the last one. Each one uses a shot; give more with <see cref="RingsClient2.Grant"/>.</summary>
    void OnShot(int result, ulong extra, bool hasMore);
}
