namespace Pentode.SystemTests.Kernel;

/// <summary>The kernel's NFS clients, version 3 and version 2, on our export. What is checked is in Guest/nfs.py.</summary>
public sealed class NfsMountTests
{
    private const int Limit = 300;

    [Theory]
    [InlineData(3)]
    [InlineData(2)]
    public void A_tree_and_its_users_over_the_kernels_client(int version)
    {
        using var export = Served.OverNfs();
        export.Run(Limit, "nfs", ("VERSION", version), ("EXPORT", export.Tree));
        export.End();
    }
}
