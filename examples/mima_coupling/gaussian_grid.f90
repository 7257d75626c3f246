module gaussian_grid

    !! Latitudes of a Gaussian grid and the edges between its rows, from south to north.

    implicit none(type, external)
    private

    public :: find_gaussian_grid

contains

    subroutine find_gaussian_grid(latitude, edges)

        !! Each row's area is its Gaussian weight: edge r is asin(W_r - 1), W_r the sum of the
        !! weights, which add up to 2, of the first r rows.
        real, intent(out) :: latitude(:) !! Roots of the Legendre polynomial [rad] (nlat)
        real, intent(out) :: edges(:) !! From pole to pole [rad] (nlat + 1)

        real, parameter :: half_pi = 2.0*atan(1.0)
        integer, parameter :: n_iterations = 10 !! Newton's method doubles the digits in each
        real :: p, slope, weight, x
        integer :: i, j, n

        n = size(latitude)
        edges(1) = -half_pi
        weight = 0.0
        do j = 1, n
            x = -cos(2.0*half_pi*(j - 0.25)/(n + 0.5))
            do i = 1, n_iterations
                call legendre(n, x, p, slope)
                x = x - p/slope
            end do
            call legendre(n, x, p, slope)
            latitude(j) = asin(x)
            weight = weight + 2.0/((1.0 - x*x)*slope*slope)
            edges(j + 1) = asin(min(weight - 1.0, 1.0))
        end do
        edges(n + 1) = half_pi

    end subroutine find_gaussian_grid

    subroutine legendre(n, x, p, slope)

        !! Legendre polynomial of degree n and its derivative, by the three-term recurrence.
        integer, intent(in) :: n
        real, intent(in) :: x
        real, intent(out) :: p, slope

        real :: previous, before
        integer :: k

        previous = 1.0
        p = x
        do k = 2, n
            before = previous
            previous = p
            p = ((2*k - 1)*x*previous - (k - 1)*before)/k
        end do
        slope = n*(x*p - previous)/(x*x - 1.0)

    end subroutine legendre

end module gaussian_grid
