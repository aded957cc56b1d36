using Pentode.Testing.Names;

namespace Pentode.Tests.Names;

public sealed class StoreSqliteConformanceTests : CatalogConformance
{
    protected override Task<CatalogPlace> CreatePlace() => Task.FromResult<CatalogPlace>(new StoreSqlitePlace());
}
